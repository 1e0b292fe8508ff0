"""The one door out: every call to the world outside goes through here and under one policy.

`policy` decides, `asynchronous` (aiohttp, for the corridor) and `blocking` (requests, for Celery and the console) send.
Both take the same request and rules, give the same response and raise the same errors (`integrations/errors.py`). The
asynchronous one can also hand out an answer while it arrives (`stream`, `streams.py`), under the same rules:

1. `targets` reads the URL, so strictly that no other parser can read something else in it
2. `names` resolves the host
3. `gate` puts every address to the policy, on every call, kept-alive connection or not
4. the client connects to a checked address, never to a name, and sends; where the operator has a proxy (`proxies`),
   through a tunnel to that address
5. `redirects` says what follows, and it begins again at 1
6. `decoding` unpacks the answer within the limit
"""

from integrations.egress.asynchronous import aclose, send, stream
from integrations.egress.messages import EgressRequest, EgressResponse, EgressRules
from integrations.egress.policy import narrowing
from integrations.egress.streams import EgressStream

__all__ = ["EgressRequest", "EgressResponse", "EgressRules", "EgressStream", "aclose", "narrowing", "send", "stream"]
