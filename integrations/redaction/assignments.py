"""`name=value`, `name: value` and `--name value` in text, where the name is that of a secret."""

import re
from collections.abc import Iterator

from integrations.redaction.cookies import PAIRS, PAIRS_BEGUN, is_cookie_header
from integrations.redaction.cookies import is_secret as holds_secret_cookie
from integrations.redaction.detectors import Span
from integrations.redaction.fields import is_sensitive

_NAME = re.compile(
    r"(?<![A-Za-z0-9_.-])(?P<option>--?)?(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,60})\\?[\"']?\s{0,2}"
    r"(?P<sign>:=|=>|[:=]|(?(option) |(?!)))\s{0,2}(?P<quote>(?:\\?[\"'])?)"
)
_OPTION = re.compile(r"(?<![A-Za-z0-9_.-])--?[A-Za-z]")
# A text cut off after its opening quote is a secret as far as it goes.
_VALUES = {
    '"': re.compile(r"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\\?"),
    "'": re.compile(r"[^'\\\n]*(?:\\.[^'\\\n]*)*\\?"),
    '\\"': re.compile(r"[^\"'\\\n]+"),
    "\\'": re.compile(r"[^\"'\\\n]+"),
    "": re.compile(r"[^\s\"'<>,;&)\]}\\]+"),
}
_NO_NEXT_OPTION = re.compile(r"(?!-)[^\s\"'<>,;&)\]}\\]+")
_SHORTEST_UNQUOTED = 4
_SHORTEST_OF_OPTION = 6
_SHORTEST_IN_PROSE = 8
_PLACEHOLDERS = re.compile(r"(?i)true|false|null|none|undefined|nil|[*x.]+|\$.*|%.*|\{.*|<.*|\[.*")
# `password = os.environ["X"]`, `token = get_token()`: where code has it from.
_REFERENCE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+|[A-Za-z_][\w.]*[(\[].*")
# `--credentials ./creds-2.json`, `--secret id=npm,src=…`: where a command is to look for it.
_PLACE = re.compile(r"(?i)[.~]{0,2}/.*|.*\.(?:json|ya?ml|toml|ini|txt|env|pem|key)|(?:id|src|type|env|file)[=:].*")
_SECRET_WORDS = (
    *("passw", "passp", "passc", "pwd", "secret", "token", "key", "credential", "cookie", "otp", "jwt"),
    *("auth", "bearer", "card", "code", "cvv", "cvc", "csc", "connection", "answer"),
    *("kennwort", "passe", "senha", "contrasena"),
)
"""One of them stands in every name in `sensitive_fields.txt`, but for those of numbers that have a detector."""


def may_assign(text: str) -> bool:
    """Quick, and true for every text in which a value would be found."""
    if "=" not in text and ":" not in text and not ("-" in text and _OPTION.search(text)):
        return False
    lowered = text.lower()
    return any(word in lowered for word in _SECRET_WORDS)


class Assignments:
    kind = "field"
    anchors = ("=", ":", "-")

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        while (name := _NAME.search(text, start)) is not None:
            start = name.end()
            if is_sensitive(name["name"]) and (value := _value(name, text)):
                start = value.end()
                if _could_be_secret(name, value[0]):
                    yield Span(value.start(), value.end(), self.kind)

    def open_from(self, text: str, start: int, since: int) -> int:
        while (name := _NAME.search(text, start)) is not None:
            start = name.end()
            if is_sensitive(name["name"]):
                value = _value(name, text)
                start = value.end() if value else start
                if start == len(text) or (_lists_cookies(name) and PAIRS_BEGUN.match(text, name.end())):
                    return max(since, name.end())
        return len(text)


def _value(name: re.Match[str], text: str) -> re.Match[str] | None:
    if name["sign"] == " ":
        if "\n" in name[0]:
            return None
        if not name["quote"]:
            return _NO_NEXT_OPTION.match(text, name.end())
    listed = PAIRS.match(text, name.end()) if _lists_cookies(name) else None
    return listed or _VALUES[name["quote"]].match(text, name.end())


def _lists_cookies(name: re.Match[str]) -> bool:
    return not name["quote"] and is_cookie_header(name["name"])


def _could_be_secret(name: re.Match[str], value: str) -> bool:
    if not value or _PLACEHOLDERS.fullmatch(value):
        return False
    if name["quote"]:
        return True
    if len(value) < _SHORTEST_UNQUOTED or _REFERENCE.fullmatch(value):
        return False
    if _lists_cookies(name) and holds_secret_cookie(value):
        return True
    # After a colon or an option stand words of prose, too: a secret without quotes has digits in it.
    has_digit = any(letter.isdigit() for letter in value)
    if name["sign"] == " ":
        return has_digit and len(value) >= _SHORTEST_OF_OPTION and not _PLACE.fullmatch(value)
    prose = name["sign"].startswith(":")
    return not prose or (has_digit and len(value) >= _SHORTEST_IN_PROSE)
