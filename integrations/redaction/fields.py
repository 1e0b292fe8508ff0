"""Which field names say that their value is a secret. The names are data: `sensitive_fields.txt` explains its lines."""

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LONGEST_NAME = 100
# A shorter name (pwd, otp, ssn) counts only where a word begins: too many words end in these letters.
_UNMISTAKABLE = 5


def _read_lines() -> frozenset[str]:
    lines = Path(__file__).with_name("sensitive_fields.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


DEFAULT = _read_lines()


def is_sensitive(name: str, fields: frozenset[str] = DEFAULT) -> bool:
    """Whether a field of this name holds a secret. `fields` are lines as in `sensitive_fields.txt`."""
    return _judge(name[-_LONGEST_NAME:], fields)


@lru_cache(maxsize=8192)
def _judge(name: str, fields: frozenset[str]) -> bool:
    words = _words(name)
    while words and words[-1].isdigit():
        words.pop()
    joined = "".join(words)
    beginnings = {0, *accumulate(map(len, words[:-1]))}
    endings, lengths = _endings(fields)
    for length in lengths:
        begins = len(joined) - length
        if begins >= 0 and (length >= _UNMISTAKABLE or begins in beginnings) and joined[begins:] in endings:
            return endings[joined[begins:]]
    return False


@lru_cache(maxsize=64)
def _endings(fields: frozenset[str]) -> tuple[dict[str, bool], list[int]]:
    """Each line's words joined, and whether it means a secret; and their lengths, the longest first: it decides."""
    endings = {"".join(_words(line)): not line.startswith("!") for line in fields}
    endings.pop("", None)
    return endings, sorted({len(ending) for ending in endings}, reverse=True)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORD.findall(plain)]
