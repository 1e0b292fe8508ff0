"""Numbers of bank accounts: a country's structure and check digits."""

import re
from functools import cache

from stdnum import iban, numdb

from integrations.redaction.personal.judged import Candidate, Judged

_COUNTRIES = numdb.get("iban")
_PART = re.compile(r"(\d+)!")
"""How many letters a part of a structure has: there are two in `4!a14!n`."""


def _judge(candidate: Candidate) -> int:
    """What follows in capitals may be no part of it, so that it is cut to the one length its country has."""
    text = candidate.text
    letters = _letters_of(text[:2].upper())
    if candidate.after.isalnum():
        text = text.rpartition(" ")[0]
    while len(text) - text.count(" ") > letters:
        text = text.rpartition(" ")[0]
    whole = letters and len(text) - text.count(" ") == letters
    return len(text) if whole and iban.is_valid(text, check_country=False) else 0


@cache
def _letters_of(country: str) -> int:
    """How many letters its numbers have, without spaces; 0: it has none."""
    structure = _COUNTRIES.info(country)[0][1].get("bban", "")
    return 4 + sum(map(int, _PART.findall(structure))) if structure else 0


IBAN = Judged(
    "iban",
    ("",),
    re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?"),
    judge=_judge,
    longest=44,
)
