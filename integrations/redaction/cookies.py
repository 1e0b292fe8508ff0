"""What a `Cookie` header lists: `theme=dark; session=…`, of which any may be the one that signs somebody in."""

import re

_NAME = r"[^\s\"'<>;=\\]"
_PAIR = rf"{_NAME}{{1,256}}=[^\s\"'<>;\\]*"
PAIRS = re.compile(rf"{_PAIR}(?:; {{0,2}}{_PAIR})*")
PAIRS_BEGUN = re.compile(rf"(?:{_PAIR}; {{0,2}})*(?:{_PAIR}|{_NAME}{{0,256}})\Z")
"""A list that the text's end cuts off, perhaps within a name."""
_LONG = re.compile(r"=(?![$%*{\[])[^;]{8}")


def is_cookie_header(name: str) -> bool:
    """Not `Set-Cookie`, where one cookie is followed by what everybody may know of it."""
    return re.fullmatch(r"(?i)(?:.*[-_.])?(?<!set[-_.])cookie", name) is not None


def is_secret(pairs: str) -> bool:
    """Whether one of them is longer than a preference."""
    return _LONG.search(pairs) is not None
