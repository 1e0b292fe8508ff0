"""Numbers that states give to people: what one looks like, whether its check digits fit, and whether that is enough."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum.au import tfn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import itin, ssn

from integrations.redaction.personal.judged import Candidate, Judged

_SSN = re.compile(r"\bssn|_ssn|social.?security|\bitin\b|taxpayer")
_NO_SSN = re.compile(
    r"sku|part|order|invoice|serial|isbn|model|item|track|\bref|product|catalog|version|\bcase|ticket|docket"
)
# Reserved for advertisements, and numbers that were printed so often that nobody has them.
_PRINTED = re.compile(r"987-65-43[2]\d|078-05-1120|219-09-9999|457-55-5462")


def _judge_ssn(candidate: Candidate) -> int:
    text, before = candidate.text, candidate.before
    if candidate.after.isalnum() or candidate.after in ("-", "_"):
        return 0
    if _SSN.search(before):
        return len(text)
    if text[3] != "-" or _NO_SSN.search(before):
        return 0
    fits = ssn.is_valid(text) or itin.is_valid(text) or _PRINTED.fullmatch(text)
    return len(text) if fits else 0


SSN = Judged(
    "ssn",
    ("",),
    re.compile(r"(?<![\w.+/$-])(?:\d{3}-\d\d-\d{4}|\d{3} \d\d \d{4}|\d{9})"),
    judge=_judge_ssn,
    longest=12,
)


@dataclass(frozen=True)
class _Form:
    shape: re.Pattern[str]
    fits: Callable[[str], bool]
    words: re.Pattern[str] | None
    """What has to stand before it; None: shape and check digits are enough."""


_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")


def _is_nino(text: str) -> bool:
    return _NINO.fullmatch(text.replace(" ", "")) is not None


def _form(shape: str, fits: Callable[[str], bool], words: str = "") -> _Form:
    return _Form(re.compile(shape), fits, re.compile(words) if words else None)


_FORMS = (
    _form(r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
    _form(r"\d{3}\.\d{3}\.\d{3}-\d\d", cpf.is_valid),
    _form(r"\d{11}", cpf.is_valid, r"\bcpf"),
    _form(r"756\.\d{4}\.\d{4}\.\d\d", ahv.is_valid),
    _form(r"[12] \d\d \d\d \d\d \d{3} \d{3} \d\d|[12]\d{12} ?\d\d", nir.is_valid),
    _form(r"(?:19|20)?\d{6}[-+]\d{4}", personnummer.is_valid),
    _form(r"\d{6}[-+]?\d{4}|\d{12}", personnummer.is_valid, r"personn|pnr"),
    _form(r"[A-Z]{2} \d\d \d\d \d\d [A-D]", _is_nino),
    _form(r"[A-Z]{2}\d{6}[A-D]", _is_nino, r"\bni\b|nino|national insurance|insurance n"),
    _form(r"[XYZ]\d{7}[A-Z]", nie.is_valid),
    _form(r"\d{8}-?[A-Z]", dni.is_valid, r"\bdni|\bnif\b|identidad|documento"),
    _form(r"\d{9}", bsn.is_valid, r"\bbsn|burgerservice|sofi"),
    _form(r"\d{3} \d{3} \d{4}|\d{10}", nhs.is_valid, r"\bnhs"),
    _form(r"\d\d ?\d{3} ?\d{3} ?\d{3}", idnr.is_valid, r"steuer|idnr|tax.?id|\btin\b"),
    _form(r"\d{11}", pesel.is_valid, r"pesel"),
    _form(r"\d{3}[ -]?\d{3}[ -]?\d{3}", sin.is_valid, r"\bsin\b|social insurance"),
    _form(r"\d{3} ?\d{3} ?\d{3}", tfn.is_valid, r"\btfn|tax file"),
    _form(r"\d{4} ?\d{4} ?\d{4}", aadhaar.is_valid, r"aadha?ar|\buid\b|uidai"),
)


def _judge_national(candidate: Candidate) -> int:
    if candidate.after.isalnum() or candidate.after in ("_", "@"):
        return 0
    text, before = candidate.text, candidate.before
    for form in _FORMS:
        match = form.shape.match(text)
        if match is None or (form.words is not None and not form.words.search(before)):
            continue
        if (match.end() == len(text) or text[match.end()] == " ") and form.fits(match[0]):
            return match.end()
    return 0


NATIONAL_ID = Judged(
    "national-id",
    ("",),
    re.compile(r"(?<![\w.,+/$€£=-])(?:[A-Z]{1,6} ?)?\d[\dA-Z]{0,12}(?:[ .+-]?[\dA-Z]{1,6}){0,7}"),
    judge=_judge_national,
    longest=80,
)
