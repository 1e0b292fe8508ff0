"""AWS Signature Version 4, by botocore.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from accounts.errors import Fault
from integrations.connections.address import filled
from integrations.connections.auth.base import Held, TokenCall
from integrations.egress import EgressRequest
from integrations.egress.targets import read_target
from integrations.format.types import AuthWay

KEY_ID, SECRET, SESSION = "access_key_id", "secret_access_key", "session_token"


class SigV4:
    carries_token = False

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        for name, value in values.items():
            if not value.isascii():
                yield Fault(f"$.values.{name}", "This goes into a header: enter it in ASCII, as issued.")

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        """Signed as egress will send it: its spelling of the URL, and headers of ours only."""
        assert held.way.sigv4 is not None  # noqa: S101  the format's reader sees to it
        signed = AWSRequest(
            method=request.method,
            url=_spelled(read_target(request.url).url),
            data=request.body,
            headers=dict(request.headers),
        )
        service, region = (filled(part, held.variables) for part in (held.way.sigv4.service, held.way.sigv4.region))
        kind = S3SigV4Auth if service == "s3" else SigV4Auth
        kind(_credentials(held), service, region).add_auth(signed)
        return replace(request, url=signed.url, headers=dict(signed.headers.items()))

    def ask(self, held: Held) -> TokenCall | None:
        return None


def _spelled(url: str) -> str:
    """Each sign of the query percent-encoded but letters, digits and `-_.~`: so AWS writes it, to sign it again."""
    address, mark, query = url.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return f"{address}{mark}{urlencode(pairs, quote_via=quote, safe='-_.~')}"


def _credentials(held: Held) -> Credentials:
    return Credentials(held.values[KEY_ID], held.values[SECRET], held.values.get(SESSION) or None)
