"""From a script to its words and operators, for what all shells read alike. Whatever else there is raises Unreadable.

A reading that differs from the shell's is a way around every rule, so this one knows few constructs and those exactly:
no comments, here-documents, `$'…'`, `${x:-…}` or arithmetic that is more than numbers and names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 4
"""How many commands inside commands are followed."""

_OPERATOR = re.compile(r"[<>]\(|>>|>&|>\||<&|<>|[<>;|&()\n]")
_PLAIN = re.compile(r"[^\s\\'\"`$;|&()<>]+")
_UNREADABLE = re.compile(r"[\0-\x08\x0b-\x1f\x7f]|<<|\(\(")
_NAME = re.compile(r"\$\{\w+\}")
_SUM = re.compile(r"\$\(\([\w\s+*/%,-]*\)\)")
_ODD = frozenset({"${", "$["})
_QUOTING = frozenset({"$'", '$"'})
_ESCAPED_IN_QUOTES = frozenset('$`"\\')


class Unreadable(ValueError):
    """The script cannot be read for certain, or it goes too deep."""


@dataclass(frozen=True)
class Word:
    """Without its quotes. Where something is put in when it is run, there is a `$`."""

    text: str
    scripts: tuple[str, ...] = ()
    """What is run to make it: insides of `$(…)` and backquotes."""
    touches: bool = False
    """Whether it is written plainly and an arrow follows at once, as in `2>`."""


@dataclass(frozen=True)
class Operator:
    text: str


Token = Word | Operator


def read_tokens(script: str) -> list[Token]:
    """Raises Unreadable."""
    return list(_Tokens(script).until(""))


class _Tokens:
    """Reads from `at` on. Each method leaves it behind what it has read."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.at = 0
        self.depth = 0

    def until(self, closing: str) -> Iterator[Token]:
        """Up to the bracket that closes what was begun before, or to the end."""
        open_brackets = 0
        while self._skip_blanks():
            operator = self._match(_OPERATOR)
            if operator is None:
                yield self._word()
                continue
            if operator == closing and open_brackets == 0:
                self.at -= 1
                return
            open_brackets += operator.endswith("(") - (operator == ")")
            yield Operator(operator)

    def _skip_blanks(self) -> bool:
        """Whether there is something after them. A line that goes on does so between words only."""
        while self._here() in {" ", "\t"} or (self._here(2) == "\\\n" and self._before() in {"", " ", "\t", "\n"}):
            self.at += 2 if self._here() == "\\" else 1
        if self._here() == "#" or _UNREADABLE.match(self.script, self.at):
            raise Unreadable
        return self.at < len(self.script)

    def _word(self) -> Word:
        start = self.at
        parts: list[str] = []
        scripts: list[str] = []
        while (letter := self._here()) and letter not in " \t\n;|&()<>":
            if letter == '"':
                self._quoted(parts, scripts)
            elif letter in "$`":
                self._substituted(parts, scripts, in_quotes=False)
            else:
                parts.append(self._literal(letter))
        text = "".join(parts)
        return Word(text, tuple(scripts), touches=letter in {"<", ">"} and text == self.script[start : self.at])

    def _literal(self, letter: str) -> str:
        if letter == "'":
            return self._upto("'")
        if letter == "\\":
            escaped = self._here(2)[1:]
            if escaped in {"", "\n"}:
                raise Unreadable
            self.at += 2
            return escaped
        plain = self._match(_PLAIN)
        if plain is None or _UNREADABLE.search(plain):
            raise Unreadable
        return plain

    def _quoted(self, parts: list[str], scripts: list[str]) -> None:
        self.at += 1
        while (letter := self._here()) != '"':
            if letter in {"$", "`"}:
                self._substituted(parts, scripts, in_quotes=True)
            elif letter == "\\":
                parts.append(self._escaped_in_quotes())
            elif letter:
                parts.append(letter)
                self.at += 1
            else:
                raise Unreadable
        self.at += 1

    def _escaped_in_quotes(self) -> str:
        escaped = self._here(2)[1:]
        if escaped in {"", "\n"}:
            raise Unreadable
        self.at += 2
        return escaped if escaped in _ESCAPED_IN_QUOTES else "\\" + escaped

    def _substituted(self, parts: list[str], scripts: list[str], *, in_quotes: bool) -> None:
        """A `$` or a backquote, and what belongs to it."""
        if self._here() == "`":
            scripts.append(self._backquoted())
            parts.append("$")
        elif self._match(_NAME) or self._match(_SUM):
            parts.append("$")
        elif self._here(2) == "$(":
            scripts.append(self._bracketed())
            parts.append("$")
        elif self._here(2) in (_ODD if in_quotes else _ODD | _QUOTING) or self._here(3) == "$\\\n":
            raise Unreadable
        else:
            parts.append("$")
            self.at += 1

    def _backquoted(self) -> str:
        inside = self._upto("`")
        if "\\" in inside:
            raise Unreadable
        return inside

    def _bracketed(self) -> str:
        """The patterns of `case` have closing brackets without opening ones."""
        self.at, self.depth = self.at + 2, self.depth + 1
        start = self.at
        if self._here() == "(" or self.depth > DEEPEST:
            raise Unreadable
        if any(isinstance(each, Word) and each.text == "case" for each in self.until(")")) or self._here() != ")":
            raise Unreadable
        self.at, self.depth = self.at + 1, self.depth - 1
        return self.script[start : self.at - 1]

    def _upto(self, closing: str) -> str:
        """Between the quote that stands here and the next one."""
        end = self.script.find(closing, self.at + 1)
        if end < 0:
            raise Unreadable
        inside = self.script[self.at + 1 : end]
        self.at = end + 1
        return inside

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.script, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def _here(self, length: int = 1) -> str:
        return self.script[self.at : self.at + length]

    def _before(self) -> str:
        return self.script[self.at - 1] if self.at else ""
