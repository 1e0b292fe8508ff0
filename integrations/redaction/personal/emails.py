"""E-mail addresses."""

import re

from integrations.redaction.personal.judged import Candidate, Judged

# `icon@2x.png` and `git@github.com:a/b` are written like addresses and are none.
_FILES = frozenset(
    {
        *("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "mjs", "ts", "tsx", "jsx", "json", "html"),
        *("py", "map", "lock"),
    }
)
_AT = re.compile("@|%40")
_NOBODY = re.compile(r"(?:git|hg|svn)(?:@|%40)", re.IGNORECASE)
_IN_URL = re.compile(r"://[^\s/@?#]*\Z")
_MESSAGE_ID = re.compile(r"(?:message-id|in-reply-to|references|content-id|\bcid):?\s*<?\Z|\bsips?:\Z")


def _judge(candidate: Candidate) -> int:
    text = candidate.text.rstrip("-_")
    top = text.rpartition(".")[2]
    *local, domain = _AT.split(text)
    if not top.isalpha() or len(top) < 2 or top.lower() in _FILES or ".." in text or local[-1].endswith("."):
        return 0
    if _NOBODY.match(text) or candidate.after == "@" or domain.startswith(("-", ".")):
        return 0
    before = candidate.before
    return 0 if _IN_URL.search(before) or _MESSAGE_ID.search(before) else len(text)


# Within a URL the sign is `%40`, and an address may stand behind another sign that is written so: `%2C`, `%3C`.
EMAIL = Judged(
    "email",
    ("@", "%40"),
    re.compile(
        r"(?:(?<![\w.+%'@-])|(?<=%[23][0-9A-Fa-f]))[\w][\w.+%'-]{0,63}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    ),
    judge=_judge,
    longest=642,
)
