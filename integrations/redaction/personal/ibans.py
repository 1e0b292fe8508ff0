"""Numbers of bank accounts: a country's structure and check digits."""

import re

from stdnum import iban

from integrations.redaction.personal.judged import Candidate, Judged

_SHORTEST = 15


def _judge(candidate: Candidate) -> int:
    """What follows in capitals may be no part of it, so that shorter ones are tried, too."""
    text = candidate.text
    if candidate.after.isalnum():
        text = text.rpartition(" ")[0]
    while len(text) >= _SHORTEST:
        if iban.is_valid(text, check_country=False):
            return len(text)
        text = text.rpartition(" ")[0]
    return 0


IBAN = Judged(
    "iban",
    ("",),
    re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?"),
    judge=_judge,
    longest=44,
)
