"""Numbers of payment cards: an issuer's beginning and length, Luhn's check digit, and groups as on a card."""

import re

from stdnum import luhn

from integrations.redaction.personal.judged import Candidate, Judged

_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|3(?:0[0-5]|09|[689]\d)\d{11}|62\d{14,17}"
    r"|(?:5[0678]|6[37])\d{10,17}"
)
_GROUPS = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{12,19}")
_CARD = re.compile(r"card|visa|master|amex|american express|maestro|\bpan\b|credit|debit|karte|tarjeta|carte|\bcc\b")
_OTHER = re.compile(
    r"order|invoice|track|\bid\b|_id\b|[a-z]id\b|ref|sku|serial|imei|time|\bts\b|stamp|isbn|ean\b|upc|gtin|account|konto"
    r"|number of|parcel|shipment|cursor|offset|hash|nonce|seed|trace|span|epoch|batch|barcode"
)
_USUAL = (14, 15, 16)


def _judge(candidate: Candidate) -> int:
    digits, before = candidate.digits, candidate.before
    if candidate.after.isalnum() or not _GROUPS.fullmatch(candidate.text) or not _ISSUERS.fullmatch(digits):
        return 0
    if not luhn.is_valid(digits):
        return 0
    named = _CARD.search(before)
    if not named and (_OTHER.search(before) or len(digits) not in _USUAL):
        return 0
    return len(candidate.text)


# Behind one to three digits a comma parts thousands or decimals, else the items of a list or a row.
CARD = Judged(
    "card",
    ("",),
    re.compile(r"(?<![\w./+$€£=-])(?:(?<!\d,)|(?<=\d{4},))\d(?:[ -]?\d){11,18}"),
    judge=_judge,
    longest=40,
)
