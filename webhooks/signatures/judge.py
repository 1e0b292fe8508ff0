"""One signed item: what came is compared with what would be right, then what is trusted because it was signed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from webhooks.signatures.context import Context
from webhooks.signatures.encodings import decoded, encoded
from webhooks.signatures.keys import Key
from webhooks.signatures.methods import SHARED, expected, proves, same
from webhooks.signatures.templates import Template, render
from webhooks.signatures.timestamps import check_timestamp
from webhooks.signatures.types import BodyDigest, Method, Signature
from webhooks.signatures.verdict import LONGEST_SHOWN, Reason, Refused, Verdict

LONGEST_SIGNATURE = 5_000
"""Bytes of a signature as it came; an RSA one of 16,384 bits has 2,732."""


@dataclass(frozen=True)
class _Match:
    key: Key
    template: Template
    """Which of the texts that may have been signed it was."""


def judge(signature: Signature, context: Context, came: Sequence[bytes], keys: Sequence[Key], now: datetime) -> Verdict:
    seen = _seen(signature, signature.signed[0], context, came, keys)
    try:
        match = _matching(signature, context, _contents(signature, came), keys)
        if match.template is not signature.signed[0]:
            seen = _seen(signature, match.template, context, came, keys)
        _check_signed(signature, context, now)
    except Refused as refused:
        return replace(seen, reason=refused.reason, detail=refused.detail)
    once = context(signature.once).decode("utf-8", "replace") if signature.once else ""
    return replace(seen, valid=True, secret_index=match.key.index, once=once)


def _seen(
    signature: Signature, template: Template, context: Context, came: Sequence[bytes], keys: Sequence[Key]
) -> Verdict:
    """What an admin may look at. Of a token there is nothing: it is the secret, or nearly so."""
    if signature.method is Method.TOKEN:
        return Verdict(valid=False)
    right = [_right(signature, template, context, key) for key in keys if signature.method in SHARED]
    return Verdict(
        valid=False,
        signed=render(template, context)[:LONGEST_SHOWN],
        received=tuple(text[:LONGEST_SIGNATURE].decode("latin-1") for text in came),
        computed=tuple(signature.prefix + encoded(each, signature.encoding) for each in right),
    )


def _contents(signature: Signature, came: Sequence[bytes]) -> list[bytes]:
    """The signatures that can be read. Raises Refused where that is none."""
    read = [_content(signature, text) for text in came if len(text) <= LONGEST_SIGNATURE]
    contents = [content for content in read if content]
    if not contents:
        start = f" that begins with `{signature.prefix}`" if signature.prefix else ""
        raise Refused(Reason.SIGNATURE_MALFORMED, f"The signature is no {signature.encoding}{start}.")
    return contents


def _content(signature: Signature, text: bytes) -> bytes | None:
    """The prefix's case does not matter: that of `Bearer` does not, either (RFC 9110, 11.1)."""
    prefix = signature.prefix.encode()
    if text[: len(prefix)].lower() != prefix.lower():
        return None
    return decoded(text[len(prefix) :], signature.encoding)


def _matching(signature: Signature, context: Context, contents: Sequence[bytes], keys: Sequence[Key]) -> _Match:
    """Raises Refused where nothing matches."""
    for key in keys:
        for template in signature.signed:
            if _matches(signature, template, context, contents, key):
                return _Match(key, template)
    raise Refused(Reason.SIGNATURE_MISMATCH, _told(signature))


def _matches(signature: Signature, template: Template, context: Context, contents: Sequence[bytes], key: Key) -> bool:
    if isinstance(key.content, bytes):
        right = _right(signature, template, context, key)
        return any(same(right, content) for content in contents)
    text = render(template, context)
    return any(proves(signature.hash, key.content, text, content) for content in contents)


def _right(signature: Signature, template: Template, context: Context, key: Key) -> bytes:
    """The signature that would be right under a shared key."""
    assert isinstance(key.content, bytes)  # noqa: S101
    text = render(template, replace(context, secret=key.content))
    return expected(signature.method, signature.hash, key.content, text)


def _told(signature: Signature) -> str:
    if signature.method is Method.TOKEN:
        return "It is not the secret that is entered here. Enter the same at the provider and here."
    url = any(template.names & {"url", "host", "path", "query"} for template in signature.signed)
    more = ", and that the source's public URL is exactly the one the provider calls" if url else ""
    return (
        "The signature is right under none of the active secrets. Check that the secret is that of this very webhook"
        f"{more}. If both are right, the body was changed on its way."
    )


def _check_signed(signature: Signature, context: Context, now: datetime) -> None:
    if signature.timestamp:
        check_timestamp(signature.timestamp, context(signature.timestamp.value), now)
    if signature.body_digest:
        _check_digest(signature.body_digest, context)


def _check_digest(digest: BodyDigest, context: Context) -> None:
    body = context.reading.received.body
    told = decoded(context(digest.value), digest.encoding) or b""
    if not same(told, hashlib.new(digest.hash, body).digest()):
        raise Refused(Reason.BODY_DIGEST_MISMATCH, "The body is not the one whose digest was signed: it was changed.")
