"""File patterns as in a .gitignore, over paths that were brought to one form first.

    *.pem           a name, at any depth
    src/**          below the working directory
    /etc/**         from the root of the file system
    ~/.ssh/**       below the home directory

A path is read without looking at any disk, so it is told apart what is certain (enough to allow) from what is
possible (enough to deny or ask): `../x` and `~/x` may be anywhere, names may be the same to a file system that folds
their letters, and a path with wildcards, variables or an address in it may mean any file at all. Links are not known.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from integrations.patterns import BadPattern, Pattern, read_pattern
from registry.permissions.fit import Fit, Test
from registry.permissions.regex import TooLong, finds

LONGEST_PATTERN = 300

# What a shell, a glob or a URL library would replace; what is no letter; NTFS streams.
_AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f-\x9f*?\[\]{}$`%|<>\"]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"[A-Za-z]:")
_HOME = re.compile(r"~[^/]*")


class Root(Enum):
    """Where a path, or a pattern, begins."""

    TOP = "/"
    HOME = "~"
    HERE = "."
    ABOVE = ".."
    """Above the working directory, nobody knows where. Of a path only."""
    ANYWHERE = "**"
    """At any depth. Of a pattern only."""


@dataclass(frozen=True)
class FilePath:
    root: Root
    names: tuple[str, ...]
    is_exact: bool
    """Nothing had to be left out on the way; a name before `..` could have been a link."""
    is_own_home: bool = True

    @cached_property
    def text(self) -> str:
        return "/".join(self.names)

    @cached_property
    def folded(self) -> str:
        """As a file system sees it that ignores case, composition, and dots and spaces at the end of a name."""
        return "/".join(_folded(name.rstrip(". ") or name) for name in self.names)


def read_path(text: str) -> FilePath | None:
    """None for what could mean any file."""
    slashed = text.replace("\\", "/")
    path = _read(text, slashed)
    # A backslash may as well be a letter of a name.
    return path if path is None or slashed == text else replace(path, is_exact=False)


def _read(text: str, slashed: str) -> FilePath | None:
    if not text or _AMBIGUOUS.search(text) or (_SCHEME.match(slashed) and not _DRIVE.fullmatch(slashed[:2])):
        return None
    if _DRIVE.match(slashed):
        # `C:name` is below the working directory of that drive.
        return _walk(Root.TOP, slashed) if slashed[2:3] == "/" else None
    if home := _HOME.match(slashed):
        return _walk(Root.HOME, slashed[home.end() :], is_own_home=home[0] == "~")
    return _walk(Root.TOP if slashed.startswith("/") else Root.HERE, slashed)


def _walk(root: Root, text: str, *, is_own_home: bool = True) -> FilePath:
    names: list[str] = []
    is_exact = True
    for name in text.split("/"):
        if name == "..":
            is_exact = False
            if names:
                names.pop()
            elif root is not Root.TOP:
                root = Root.ABOVE
        elif name not in ("", "."):
            names.append(name)
    return FilePath(root, tuple(names), is_exact, is_own_home)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@dataclass(frozen=True)
class FilePattern:
    root: Root
    plain: Pattern
    folded: Pattern
    deeper: Pattern
    """The folded pattern at any depth: where a path begins elsewhere than the pattern."""

    def fits(self, path: FilePath) -> Fit:
        if self._is_certain(path):
            return Fit.YES
        return Fit.MAYBE if self._is_possible(path) else Fit.NO

    def _is_certain(self, path: FilePath) -> bool:
        same_root = self.root is Root.ANYWHERE or (self.root is path.root and path.is_own_home)
        return same_root and path.is_exact and finds(self.plain, path.text)

    def _is_possible(self, path: FilePath) -> bool:
        if self.root is Root.TOP and path.root in (Root.ABOVE, Root.HOME):
            return True
        if self.root in (Root.ANYWHERE, path.root) or (self.root, path.root) == (Root.TOP, Root.HERE):
            # The working directory may be the root.
            return finds(self.plain, path.text) or finds(self.folded, path.folded)
        return finds(self.deeper, path.folded)


def read_file_pattern(text: str) -> FilePattern:
    """Raises BadPattern."""
    if not text.strip() or len(text) > LONGEST_PATTERN or text[0] in "!#" or "\\" in text or ".." in text.split("/"):
        raise BadPattern(
            f"Give a pattern such as `*.pem`, `src/**`, `/etc/**` or `~/.ssh/**`, of at most {LONGEST_PATTERN} "
            "characters and without `..`, backslashes and a `!` or `#` before it."
        )
    root, rest = _root_of(text)
    anchored = rest if root is Root.ANYWHERE else f"/{rest}"
    return FilePattern(
        root,
        _compiled(anchored),
        _compiled(_folded(anchored)),
        _compiled(_folded(f"**/{rest}")),
    )


def _root_of(text: str) -> tuple[Root, str]:
    if text.startswith("~/"):
        return Root.HOME, text[2:]
    if text.startswith("/") or (_DRIVE.match(text) and text[2:3] == "/"):
        return Root.TOP, text.lstrip("/")
    if text.startswith("./"):
        return Root.HERE, text[2:]
    return (Root.HERE if "/" in text.rstrip("/") and not text.startswith("**/") else Root.ANYWHERE), text


def _compiled(glob: str) -> Pattern:
    """Translated by pathspec, run by the engine that cannot be made to hang."""
    try:
        source, _ = GitIgnoreSpecPattern.pattern_to_regex(glob)
    except GitIgnorePatternError as error:
        raise BadPattern("This pattern cannot be read. Write it as in a .gitignore.") from error
    if not isinstance(source, str):
        raise BadPattern("This pattern names no file. Write it as in a .gitignore.")
    return read_pattern(source)


def in_files(patterns: Sequence[FilePattern]) -> Test:
    """A string that names a file which one of these patterns names."""

    def test(value: Any) -> Fit:
        path = read_path(value) if isinstance(value, str) else None
        if path is None:
            return Fit.MAYBE
        try:
            return max(pattern.fits(path) for pattern in patterns)
        except TooLong:
            return Fit.MAYBE

    return test
