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
_NOBODY = re.compile(r"(?:git|hg|svn)@", re.IGNORECASE)
_IN_URL = re.compile(r"://[^\s/@]*\Z")
_MESSAGE_ID = re.compile(r"(?:message-id|in-reply-to|references|content-id|\bcid):?\s*<?\Z|\bsips?:\Z")


def _judge(candidate: Candidate) -> int:
    text = candidate.text.rstrip("-_")
    top = text.rpartition(".")[2]
    local, _, domain = text.partition("@")
    if not top.isalpha() or len(top) < 2 or top.lower() in _FILES or ".." in text or local.endswith("."):
        return 0
    if _NOBODY.match(text) or candidate.after == "@" or domain.startswith(("-", ".")):
        return 0
    before = candidate.before
    return 0 if _IN_URL.search(before) or _MESSAGE_ID.search(before) else len(text)


EMAIL = Judged(
    "email",
    ("@",),
    re.compile(r"(?<![\w.+%'@-])[\w][\w.+%'-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    judge=_judge,
    longest=640,
)
