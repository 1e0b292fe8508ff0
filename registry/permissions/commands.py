"""Command prefixes: `git status` stands for every command that begins with these words.

A script allows nothing unless each of its commands begins so for certain; one command that may begin so is enough to
deny or ask.
"""

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from registry.permissions.fit import Fit, Test
from registry.permissions.scripts import Command, is_open, program, read_script, read_words, starts
from registry.permissions.shell_tokens import Unreadable

LONGEST_PREFIX = 300
MOST_STARTS = 300
"""Places in a script where a program may begin; more are not looked at within a call."""
MOST_OPTIONS = 16
"""Words between two words of a prefix that may be options and their values."""


class BadPrefix(ValueError):
    """Its text is a sentence that says what would be right."""


Prefix = tuple[str, ...]


def read_prefix(text: str) -> Prefix:
    """Raises BadPrefix."""
    try:
        words = tuple(shlex.split(text)) if len(text) <= LONGEST_PREFIX else ()
        commands = read_script(text) if words else []
    except (ValueError, Unreadable):
        words, commands = (), []
    if len(commands) != 1 or commands[0] != Command(words) or any(is_open(word) for word in words):
        raise BadPrefix(
            "Give the first words of one command, such as `git status`: whatever follows them is covered. "
            "No `*`, variables, redirections or operators."
        )
    return words


def begins_with(prefixes: Sequence[Prefix]) -> Test:
    """A string that a shell would run, or an array of the words of one command."""

    def test(value: Any) -> Fit:
        try:
            commands = _commands(value)
        except Unreadable:
            return Fit.MAYBE
        places = [command.words[start:] for command in commands for start in starts(command)]
        if len(places) > MOST_STARTS:
            return Fit.MAYBE
        if commands and all(_is_certain(command, prefixes) for command in commands):
            return Fit.YES
        return Fit.MAYBE if any(_may_begin(words, prefix) for words in places for prefix in prefixes) else Fit.NO

    return test


def _commands(value: Any) -> list[Command]:
    if isinstance(value, str):
        return read_script(value)
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return read_words(value)
    raise Unreadable


def _is_certain(command: Command, prefixes: Iterable[Prefix]) -> bool:
    return command.is_plain and any(command.words[: len(prefix)] == prefix for prefix in prefixes)


def _may_begin(words: Sequence[str], prefix: Prefix) -> bool:
    """Options may stand between the words, each with a value: `git -C /elsewhere push`."""
    if is_open(words[0]):
        return True
    if program(words[0]) != program(prefix[0]):
        return False
    reached = {1}
    for wanted in prefix[1:]:
        limit = min(len(words), max(reached, default=0) + MOST_OPTIONS)
        reached = _past_options(words, reached, limit)
        if any(at < len(words) and (at >= limit or is_open(words[at])) for at in reached):
            return True
        reached = {at + 1 for at in reached if at < len(words) and words[at].casefold() == wanted.casefold()}
    return bool(reached)


def _past_options(words: Sequence[str], reached: set[int], limit: int) -> set[int]:
    found = set(reached)
    for at in range(min(reached, default=limit), limit):
        if at in found and words[at].startswith("-"):
            found |= {at + 1, at + 2}
    return found
