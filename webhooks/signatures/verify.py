"""Whether a request was signed by whoever has one of the secrets. It fails closed, and never raises.

1. the scheme is filled in with the source's settings
2. the first alternative that applies is chosen
3. the keys are read
4. each signed item is judged (`judge.py`); all have to be right
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from webhooks.signatures.certificates import Certificates, certified_key
from webhooks.signatures.conditions import applies
from webhooks.signatures.context import Context
from webhooks.signatures.filling import with_defaults
from webhooks.signatures.fitting import fitted
from webhooks.signatures.judge import judge
from webhooks.signatures.keys import Key, keys_of
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.types import MOST_ITEMS, SIGNATURE, Method, Scheme, Signature
from webhooks.signatures.values import first_of, places, signatures_in, values_of
from webhooks.signatures.verdict import Reason, Refused, Verdict

_log = logging.getLogger(__name__)


def verify(
    scheme: Scheme,
    received: Received,
    secrets: Sequence[str],
    settings: Mapping[str, str],
    *,
    now: datetime,
    certificates: Certificates | None = None,
) -> Verdict:
    """`secrets` are the texts that are active, the newest first; `now` has a time zone."""
    try:
        return _verified(fitted(scheme, settings), Reading(received), secrets, settings, now, certificates)
    except Refused as refused:
        return Verdict(valid=False, reason=refused.reason, detail=refused.detail)
    except Exception:  # noqa: BLE001  whatever is wrong with a request, it is stored and not believed
        _log.exception("A request could not be verified as %s.", scheme.slug)
        return Verdict(valid=False, reason=Reason.NOT_VERIFIABLE, detail="It could not be looked at. The log says why.")


def _verified(
    scheme: Scheme,
    reading: Reading,
    secrets: Sequence[str],
    settings: Mapping[str, str],
    now: datetime,
    certificates: Certificates | None,
) -> Verdict:
    signature = _applying(scheme, reading)
    if signature.method is Method.NONE:
        return Verdict(valid=True)
    items = _items(signature, reading)
    came = [signatures_in(signature.values[SIGNATURE], reading, item) for item in items]
    keys = _keys(scheme, signature, reading, secrets, now, certificates)
    known = with_defaults(scheme.settings, settings)
    verdicts = [
        judge(signature, Context(reading, values_of(signature, reading, item), known), texts, keys, now)
        for item, texts in zip(items, came, strict=True)
    ]
    return next((verdict for verdict in verdicts if not verdict.valid), verdicts[0])


def _applying(scheme: Scheme, reading: Reading) -> Signature:
    for signature in scheme.signatures:
        if applies(signature.when, reading):
            return signature
    wanted = " or ".join(places(each.values[SIGNATURE]) for each in scheme.signatures if SIGNATURE in each.values)
    raise Refused(Reason.SIGNATURE_MISSING, f"There is no {wanted}. Check that {scheme.name} signs, and its own kind.")


def _items(signature: Signature, reading: Reading) -> list[Any]:
    """What is signed for itself; one None: the whole request."""
    if not signature.each:
        return [None]
    found = reading.json(signature.each)
    items = found if isinstance(found, list) else []
    if not items or not all(isinstance(item, dict) for item in items):
        raise Refused(Reason.SIGNATURE_MISSING, f"The body has no signed items at `{signature.each}`.")
    if len(items) > MOST_ITEMS:
        raise Refused(Reason.SIGNATURE_MALFORMED, f"The body has more than {MOST_ITEMS:,} signed items.")
    return items


def _keys(
    scheme: Scheme,
    signature: Signature,
    reading: Reading,
    secrets: Sequence[str],
    now: datetime,
    certificates: Certificates | None,
) -> list[Key]:
    if signature.certificate is None:
        return keys_of(scheme.secret, secrets, signature.method)
    url = (first_of(signature.certificate.url, reading) or b"").decode("utf-8", "replace")
    return [Key(None, certified_key(signature.certificate, signature.method, url, certificates, now))]
