"""Phone numbers: the numbering plans of `phonenumbers`, and what people write around them."""

import re

from phonenumbers import NumberParseException, is_possible_number, is_valid_number, parse

from integrations.redaction.personal.judged import Candidate, Judged

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "CH", "AT", "BE", "PL", "SE", "BR", "MX", "IN", "AU", "JP")
"""Whose plans a number without a country's prefix is tried against, where something says that it is one."""

_PHONE = re.compile(
    r"phone|\btel|_tel|mobile|mobil|\bcell|\bfax|whatsapp|\bsms\b|msisdn|handy|telef|t[ée]l[ée]ph|m[óo]vil|celular|\bcall\b"
    r"|\bcalled\b|\bdial|\bring\b|hotline|rückruf|portable|reach me|callback|contact no"
)
_OTHER = re.compile(
    r"order|invoice|\bsku|part\b|track|\bid\b|_id\b|[a-z]id\b|\bref|serial|isbn|issn|version|\bstamp|time|epoch|\blat\b|\blon\b|\blng\b|itude"
    r"|price|amount|total|sum\b|account|case|ticket|\bbuild|\bzip|postal|\bgtin|\bean\b|upc|\bnr\b|rechnung|bestell|#\s?\Z"
)
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:19|20)\d\d|\d{4}-\d\d")
_NORTH_AMERICAN = re.compile(r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[.-]\d{4}")
_FRENCH = re.compile(r"0[1-9](?:[ .]\d\d){4}")
_BRITISH = re.compile(r"\(?0(?:2\d|[17]\d{3}|[138]\d\d)\)? \d{3,4} \d{3,4}|0[17]\d{3} \d{6}")
_LOCAL = re.compile(r"[2-9]\d\d[-. ]\d{4}")
_BETWEEN = re.compile(r"[ ()-]+")
_GROUPED = 2
_MOST_DIGITS = 15
_FEWEST_DIGITS = 7


def _judge(candidate: Candidate) -> int:
    text, before = candidate.text, candidate.before
    if candidate.after.isalnum() or candidate.after in ("_", ":") or _DATE.match(text):
        return 0
    if not (_FEWEST_DIGITS <= len(candidate.digits) <= _MOST_DIGITS and _closes(text)):
        return 0
    length = len(text)
    if text.startswith("+"):
        possible = len(_BETWEEN.findall(text)) >= _GROUPED or _PHONE.search(before) is not None
        return length if _is_number(text, None, possible=possible) else 0
    if _PHONE.search(before):
        return length if _LOCAL.fullmatch(text) or any(_is_number(text, region) for region in REGIONS) else 0
    if _OTHER.search(before):
        return 0
    return length if _is_written_like_one(text) else 0


def _is_written_like_one(text: str) -> bool:
    """In the way of a country whose people group digits like nobody groups other numbers."""
    for shape, region in ((_NORTH_AMERICAN, "US"), (_FRENCH, "FR"), (_BRITISH, "GB")):
        if shape.fullmatch(text) and _is_number(text, region):
            return True
    return text.startswith("00") and " " in text and _is_number("+" + text[2:], None)


def _is_number(text: str, region: str | None, *, possible: bool = False) -> bool:
    """Where a possible number is enough, its length says so: its plan's patterns cost many times more."""
    try:
        number = parse(text, region)
    except NumberParseException:
        return False
    return (possible and is_possible_number(number)) or is_valid_number(number)


def _closes(text: str) -> bool:
    return text.count("(") == text.count(")") and not re.fullmatch(r"\+?\d+\.\d+", text)


PHONE = Judged(
    "phone",
    ("",),
    re.compile(r"(?<![\w.+/@#$€£%=-])(?:\+|\()?\d(?:[ ().\-/\u00a0]{0,3}\d){6,16}"),
    judge=_judge,
    longest=80,
)
