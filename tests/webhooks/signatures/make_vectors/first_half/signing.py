"""How the vendors sign, as their pages say it. Nothing of `webhooks/signatures/` is used: it is what is tested."""

import base64
import hmac

from tests.webhooks.signatures.make_vectors.first_half.request import Headers, Request, Sign


def hexadecimal(header: str, prefix: str = "", digest: str = "sha256") -> Sign:
    """Of the body alone."""
    return lambda request: {header: prefix + _mac(request.secret, request.body, digest).hex()}


def in_base64(header: str, prefix: str = "") -> Sign:
    """Of the body alone."""
    return lambda request: {header: prefix + _base64(_mac(request.secret, request.body))}


def standard(names: str) -> Sign:
    """Standard Webhooks; `names` is `webhook`, or `svix` as Svix calls its headers."""

    def sign(request: Request) -> Headers:
        key = base64.b64decode(request.secret.removeprefix("whsec_"))
        text = f"{request.headers[f'{names}-id']}.{request.seconds}.".encode() + request.body
        return {f"{names}-timestamp": request.seconds, f"{names}-signature": f"v1,{_base64(_mac(key, text))}"}

    return sign


def calendly(request: Request) -> Headers:
    signature = _mac(request.secret, request.seconds.encode() + b"." + request.body).hex()
    return {"Calendly-Webhook-Signature": f"t={request.seconds},v1={signature}"}


def workos(request: Request) -> Headers:
    signature = _mac(request.secret, request.milliseconds.encode() + b"." + request.body).hex()
    return {"WorkOS-Signature": f"t={request.milliseconds}, v1={signature}"}


def zendesk(request: Request) -> Headers:
    at = request.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = _base64(_mac(request.secret, at.encode() + request.body))
    return {"X-Zendesk-Webhook-Signature-Timestamp": at, "X-Zendesk-Webhook-Signature": signature}


def square(request: Request) -> Headers:
    return {"x-square-hmacsha256-signature": _base64(_mac(request.secret, request.url.encode() + request.body))}


def trello(request: Request) -> Headers:
    return {"X-Trello-Webhook": _base64(_mac(request.secret, request.body + request.url.encode(), "sha1"))}


def airtable(request: Request) -> Headers:
    return {"X-Airtable-Content-MAC": f"hmac-sha256={_mac(base64.b64decode(request.secret), request.body).hex()}"}


def gitlab(request: Request) -> Headers:
    return {"X-Gitlab-Token": request.secret}


def postmark(request: Request) -> Headers:
    """Under the user name that the scheme has for those who choose none."""
    return {"Authorization": f"Basic {_base64(f'postmark:{request.secret}'.encode())}"}


def _mac(key: str | bytes, text: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(key.encode() if isinstance(key, str) else key, text, digest).digest()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
