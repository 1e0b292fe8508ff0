"""A request signed as the provider would, for test events and for tests."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from secrets import token_hex
from typing import Any

from webhooks.signatures.conditions import applies_unsigned
from webhooks.signatures.context import Context
from webhooks.signatures.encodings import encoded
from webhooks.signatures.filling import with_defaults
from webhooks.signatures.fitting import fitted
from webhooks.signatures.keys import keys_of
from webhooks.signatures.methods import SHARED, expected
from webhooks.signatures.private_keys import BadPrivateKey, signed_by
from webhooks.signatures.putting import Unplaceable, put, put_in_item
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.templates import render
from webhooks.signatures.timestamps import write_timestamp
from webhooks.signatures.types import SIGNATURE, Method, Scheme, Signature, Sources
from webhooks.signatures.values import first_of, values_of
from webhooks.signatures.verdict import Refused


def sign(
    scheme: Scheme, received: Received, secret: str, settings: Mapping[str, str], *, now: datetime
) -> Received | None:
    """The request with what verifying it needs: a signature, a timestamp, an id. None: it cannot be signed so.

    `secret` is the secret's text; of the methods with a public key, the private key in the same form.
    """
    try:
        return _signed(fitted(scheme, settings), received, secret, with_defaults(scheme.settings, settings), now)
    except (Refused, Unplaceable, BadPrivateKey):
        return None


def _signed(
    scheme: Scheme, received: Received, secret: str, settings: Mapping[str, str], now: datetime
) -> Received | None:
    reading = Reading(received)
    signature = next((each for each in scheme.signatures if applies_unsigned(each.when, reading)), None)
    if signature is None or signature.method is Method.NONE:
        return received if signature else None
    if signature.each:
        return _with_signed_items(scheme, signature, reading, secret, settings)
    received = _with_values(signature, received, now)
    reading = Reading(received)
    context = Context(reading, values_of(signature, reading), settings)
    return _put(received, signature.values[SIGNATURE], _written(scheme, signature, context, secret))


def _with_values(signature: Signature, received: Received, now: datetime) -> Received:
    for name, sources in signature.values.items():
        if name != SIGNATURE and first_of(sources, Reading(received)) is None:
            received = _put(received, sources, _made(name, signature, received, now))
    return received


def _put(received: Received, sources: Sources, text: str) -> Received:
    """In the first of its places that this request has."""
    for source in sources:
        try:
            return put(received, source, text)
        except Unplaceable:
            continue
    raise Unplaceable


def _made(name: str, signature: Signature, received: Received, now: datetime) -> str:
    if signature.timestamp and name == signature.timestamp.value:
        return write_timestamp(now, signature.timestamp.unit)
    if signature.body_digest and name == signature.body_digest.value:
        digest = hashlib.new(signature.body_digest.hash, received.body).digest()
        return encoded(digest, signature.body_digest.encoding)
    return token_hex(16)


def _with_signed_items(
    scheme: Scheme, signature: Signature, reading: Reading, secret: str, settings: Mapping[str, str]
) -> Received:
    found: Any = reading.json(signature.each)
    for item in found if isinstance(found, list) else ():
        context = Context(reading, values_of(signature, reading, item), settings)
        put_in_item(item, signature.values[SIGNATURE][0].name, _written(scheme, signature, context, secret))
    return replace(reading.received, body=json.dumps(reading.document).encode())


def _written(scheme: Scheme, signature: Signature, context: Context, secret: str) -> str:
    return signature.prefix + encoded(_content(scheme, signature, context, secret), signature.encoding)


def _content(scheme: Scheme, signature: Signature, context: Context, secret: str) -> bytes:
    if signature.method not in SHARED:
        return signed_by(scheme.secret, secret, signature, render(signature.signed[0], context))
    key = keys_of(scheme.secret, [secret], signature.method)[0].content
    assert isinstance(key, bytes)  # noqa: S101  a shared one
    text = render(signature.signed[0], replace(context, secret=key))
    return expected(signature.method, signature.hash, key, text)
