"""Detectors of personal data. Each looks at candidates that a pattern finds, with a library where one knows better.

What neither shape nor check digits can decide, the words before it do: in a text, or the name of its field.
"""

import re

from integrations.redaction.detectors import Detector
from integrations.redaction.families import Family
from integrations.redaction.personal.addresses import IPV4, IPV6
from integrations.redaction.personal.cards import CARD
from integrations.redaction.personal.emails import EMAIL
from integrations.redaction.personal.ibans import IBAN
from integrations.redaction.personal.national import NATIONAL_ID, SSN
from integrations.redaction.personal.phones import PHONE

DETECTORS: dict[str, tuple[Detector, ...]] = {
    "email": (EMAIL,),
    "card": (CARD,),
    "iban": (IBAN,),
    "ssn": (SSN,),
    "national_id": (NATIONAL_ID,),
    "phone": (PHONE,),
    "ip": (IPV4, IPV6),
}
"""By the word a policy has for them."""

# An at sign, perhaps of a URL, enough digits in a row or in groups, or what only IPv6 addresses and tax codes have.
_TRACE = re.compile(
    r"@|%40|\d[\d ().:/\-]{4}|[0-9A-Fa-f:]:[0-9A-Fa-f:]|[A-Z]{2}\d\d ?[A-Z0-9]{4}|[A-Z]{6}\d\d|[A-Z]{2} ?\d\d"
)
_TIME = re.compile(r"[12]\d{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def may_be_personal(text: str) -> bool:
    """Quick, and true for every text in which a detector would find something; times and UUIDs are nobody's."""
    if _TRACE.search(text) is None:
        return False
    return len(text) > 40 or (_TIME.fullmatch(text) is None and _UUID.fullmatch(text) is None)


def personal(words: tuple[str, ...] = tuple(DETECTORS)) -> Family:
    """The family of these detectors."""
    return Family(may_be_personal, tuple(one for word in words for one in DETECTORS[word]), reads_names=True)
