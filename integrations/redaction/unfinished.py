"""From a regular expression the one that matches what has begun to match it when the text ends.

Python's `re` knows no partial matches. The formats use a small part of its language, and this reads just that:
letters, escapes, classes, groups, alternatives, quantifiers; looks ahead are dropped, which only holds more back.
"""

import re
from dataclasses import dataclass

_QUANTIFIER = re.compile(r"[*+?]\??|\{(\d*),?(\d*)\}\??")
_GROUP = re.compile(r"\((?:\?(?:P<(?P<name>\w+)>|(?P<look><?[=!])|:))?")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_MARKED = "secret"


@dataclass(frozen=True)
class _Atom:
    source: str
    """Without its quantifier, and its groups without names."""
    quantifier: str
    inner: tuple[tuple["_Atom", ...], ...] = ()
    """A group's alternatives; none: the atom is one letter."""
    name: str = ""
    look: str = ""

    @property
    def fewer(self) -> str:
        """Any number of them up to as many as there may be."""
        if not self.quantifier:
            return ""
        most = {"*": "*", "+": "*", "?": "?"}.get(self.quantifier[0])
        return self.source + (most or f"{{0,{self.quantifier.rstrip('?')[1:-1].rpartition(',')[2]}}}")


def unfinished(pattern: str) -> str:
    alternatives, end = _alternatives(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"Cannot read the pattern from here on: {pattern[end:]}")
    return _any(alternatives)


def _any(alternatives: tuple[tuple[_Atom, ...], ...]) -> str:
    return f"(?:{'|'.join(_begun(atoms) for atoms in alternatives)})"


def _begun(atoms: tuple[_Atom, ...]) -> str:
    if not atoms:
        return r"\Z"
    atom, rest = atoms[0], _begun(atoms[1:])
    if atom.look.startswith("<"):
        return atom.source + rest
    if atom.look or atom.source == r"\Z":
        return rest
    begun = _any(atom.inner) if atom.inner else r"\Z"
    either = f"(?:{atom.fewer}{begun}|{atom.source}{atom.quantifier}{rest})"
    return f"(?P<{_MARKED}>{either})" if atom.name == _MARKED else either


def _alternatives(pattern: str, at: int) -> tuple[tuple[tuple[_Atom, ...], ...], int]:
    found: list[tuple[_Atom, ...]] = []
    atoms: list[_Atom] = []
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            found.append(tuple(atoms))
            atoms, at = [], at + 1
        else:
            atom, at = _atom(pattern, at)
            atoms.append(atom)
    return (*found, tuple(atoms)), at


def _atom(pattern: str, at: int) -> tuple[_Atom, int]:
    inner: tuple[tuple[_Atom, ...], ...] = ()
    name = look = ""
    if opening := _GROUP.match(pattern, at):
        inner, end = _alternatives(pattern, opening.end())
        end += 1
        name, look = opening["name"] or "", opening["look"] or ""
        source = f"(?{look}" if look else "(?:"
        source += re.sub(r"\(\?P<\w+>", "(?:", pattern[opening.end() : end])
    else:
        letters = _CLASS.match(pattern, at)
        end = letters.end() if letters else at + (2 if pattern[at] == "\\" else 1)
        source = pattern[at:end]
    quantifier = _QUANTIFIER.match(pattern, end)
    after = quantifier.end() if quantifier else end
    return _Atom(source, pattern[end:after], inner, name, look), after
