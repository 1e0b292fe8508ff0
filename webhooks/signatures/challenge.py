"""Handshakes: requests that are no events, by which a provider finds out that somebody is there."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from webhooks.signatures.conditions import applies
from webhooks.signatures.context import Context
from webhooks.signatures.filling import with_defaults
from webhooks.signatures.filters import KEYED
from webhooks.signatures.fitting import fitted
from webhooks.signatures.keys import keys_of
from webhooks.signatures.methods import same
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.templates import Template, render
from webhooks.signatures.types import Answer, Challenge, Method, Scheme
from webhooks.signatures.values import named
from webhooks.signatures.verdict import Refused
from webhooks.signatures.verify import verify

LONGEST_VALUE = 2_000
"""Bytes of a value that is repeated or kept."""
_WORD = re.compile(rb"[A-Za-z0-9+/=._-]{1,200}")
"""What is signed for whoever asks: no more, lest it be the body of an event."""
_PLAIN = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
_JSON = [("Content-Type", "application/json")]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    keep: str | None = None
    """What becomes the source's secret; it goes to the vault, and nowhere else."""
    show: bool = False
    """Whether an admin has to see what is kept, to enter it at the provider."""


def challenge_of(
    scheme: Scheme, received: Received, secrets: Sequence[str], settings: Mapping[str, str], *, now: datetime
) -> Reply | None:
    """What a handshake is answered; None: this is none, or not a good one. It never raises."""
    try:
        scheme = fitted(scheme, settings)
    except Refused:
        return None
    reading = Reading(received)
    known = with_defaults(scheme.settings, settings)
    for challenge in scheme.challenges:
        if applies(challenge.when, reading):
            if challenge.signed and not verify(scheme, received, secrets, settings, now=now).valid:
                return None
            return _reply(scheme, challenge, reading, secrets, known)
    return None


def _reply(
    scheme: Scheme, challenge: Challenge, reading: Reading, secrets: Sequence[str], settings: Mapping[str, str]
) -> Reply | None:
    values = named(challenge.values, reading)
    if values is None or any(len(value) > LONGEST_VALUE for value in values.values()):
        return None
    if not _are_equal(challenge, values, settings):
        return None
    if challenge.keep and (any(secrets) or not _is_line(values[challenge.keep])):
        return None
    return _answered(scheme, challenge, Context(reading, values, settings), secrets)


def _are_equal(challenge: Challenge, values: Mapping[str, bytes], settings: Mapping[str, str]) -> bool:
    """A setting without a value equals nothing."""
    return all(
        settings[setting] and same(values[value], settings[setting].encode("utf-8", "surrogatepass"))
        for value, setting in challenge.equals.items()
    )


def _answered(scheme: Scheme, challenge: Challenge, context: Context, secrets: Sequence[str]) -> Reply | None:
    answer = challenge.reply
    key = b""
    if asked := [blank.name for each in answer.templates for blank in each.blanks if KEYED.keys() & set(blank.filters)]:
        if not challenge.signed and not all(_WORD.fullmatch(context(name)) for name in asked):
            return None
        try:
            content = keys_of(scheme.secret, secrets, Method.HMAC)[0].content
        except Refused:
            return None
        key = content if isinstance(content, bytes) else b""
    headers = {name: render(template, context, key=key) for name, template in answer.headers.items()}
    if not all(map(_is_line, headers.values())):
        return None
    kinds, body = _body(answer, context, key)
    return Reply(
        status=answer.status,
        headers=(*kinds, *((name, value.decode("ascii")) for name, value in headers.items())),
        body=body,
        keep=context.values[challenge.keep].decode("ascii") if challenge.keep else None,
        show=challenge.show,
    )


def _body(answer: Answer, context: Context, key: bytes) -> tuple[list[tuple[str, str]], bytes]:
    if answer.json is not None:
        return _JSON, json.dumps({name: _field(value, context, key) for name, value in answer.json.items()}).encode()
    if answer.text is not None:
        return _PLAIN, render(answer.text, context, key=key)
    return [], b""


def _field(value: Template | float | bool, context: Context, key: bytes) -> str | float | bool:
    return render(value, context, key=key).decode("utf-8", "replace") if isinstance(value, Template) else value


def _is_line(value: bytes) -> bool:
    """Whether it can stand in a header, and in a form."""
    return bool(value) and value.isascii() and value.decode("ascii").isprintable()
