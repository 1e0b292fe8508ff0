"""Reading what a shell would run: the simple commands of a script, made of its tokens.

It never runs or expands anything, and it errs to one side: what is quoted is sometimes taken for an operator, which
makes more commands of a script, never fewer. What cannot be read at all raises Unreadable.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from registry.permissions.shell_tokens import DEEPEST, Operator, Unreadable, Word, read_tokens

LONGEST_SCRIPT = 20_000
MOST_COMMANDS = 500

_REDIRECTIONS = frozenset({">>", ">&", ">|", "<&", "<>", "<", ">"})
_SEPARATORS = frozenset(";|&\n")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=")
_EXPANDED = re.compile(r"[$`*?\[]|\{[^}]*(,|\.\.)|^~")
_NESTED = re.compile(r"\$\(|`")
_DESCRIPTOR = re.compile(r"[0-9]|\{\w+\}")
_NO_PLAIN_WORD = re.compile(r"[\s;|&`$'\"\\<>()]")
# Both are data: words of the shell's grammar, and programs that run what their arguments say.
_RESERVED = frozenset(Path(__file__).with_name("reserved.txt").read_text().split())
_NAMED = frozenset({"for", "select", "function"})
"""Those of them that a name follows."""
_RUNNERS = frozenset(Path(__file__).with_name("runners.txt").read_text().split())
_SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "sh", "tcsh", "zsh"})
_GIVEN_HERE = re.compile(r"-[a-z]*c|--command(=.*)?|/c")
"""The option after which a shell's script stands."""


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    is_plain: bool = True
    """It does only what its words say: no redirection, no variable set for it, nothing run inside it."""


@dataclass
class _Reader:
    commands: list[Command] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    """What is run to make the words."""
    words: list[str] = field(default_factory=list)
    is_plain: bool = True

    def add(self, word: Word) -> None:
        self.scripts += word.scripts
        self.is_plain = self.is_plain and not (word.scripts or _NESTED.search(word.text))
        self.words.append(word.text)

    def separate(self, operator: str) -> None:
        """Whatever is in brackets runs inside the command around it."""
        self.is_plain = self.is_plain and operator in _SEPARATORS
        self.end()
        self.is_plain = operator in _SEPARATORS

    def end(self) -> None:
        """A redirection alone is a command, too: it makes, or empties, a file."""
        if self.words or not self.is_plain:
            self.commands.append(Command(tuple(self.words), self.is_plain))
        self.words, self.is_plain = [], True

    def redirect(self, operator: str, before: Word | None, target: Word) -> None:
        """What touches it is a descriptor. Joining descriptors and throwing output away do no harm."""
        if before is not None and before.touches and _DESCRIPTOR.fullmatch(before.text):
            self.is_plain = self.is_plain and before.text.isdigit()
            self.words.pop()
        self.scripts += target.scripts
        harmless = (operator == ">&" and target.text in {"1", "2"}) or (operator == ">" and target.text == "/dev/null")
        self.is_plain = self.is_plain and harmless


def read_script(script: str, *, depth: int = 0) -> list[Command]:
    """All commands in it, those inside others last. Raises Unreadable."""
    if depth > DEEPEST or len(script) > LONGEST_SCRIPT or "\0" in script:
        raise Unreadable
    reader = _read(script)
    commands = [_without_assignments(command) for command in reader.commands]
    if any(_runs_what_is_elsewhere(command) for command in commands):
        raise Unreadable
    inner = [*reader.scripts, *(each for command in commands for each in _inner_scripts(command))]
    for each in inner:
        commands += [Command(command.words, is_plain=False) for command in read_script(each, depth=depth + 1)]
        if len(commands) > MOST_COMMANDS:
            raise Unreadable
    return commands


def read_words(words: list[str]) -> list[Command]:
    """The same for a command that no shell sees, given as a list of its words. Raises Unreadable."""
    commands = [Command(tuple(words))]
    if _runs_what_is_elsewhere(commands[0]):
        raise Unreadable
    for inner in _run_scripts(commands[0]):
        commands += read_script(inner, depth=1)
    return commands


def _read(script: str) -> _Reader:
    reader, before = _Reader(), None
    tokens = iter(read_tokens(script))
    for token in tokens:
        if isinstance(token, Word):
            reader.add(token)
        elif token.text not in _REDIRECTIONS:
            reader.separate(token.text)
        else:
            reader.redirect(token.text, before, _target(next(tokens, None)))
        before = token if isinstance(token, Word) else None
    reader.end()
    return reader


def _target(token: Word | Operator | None) -> Word:
    if not isinstance(token, Word):
        raise Unreadable
    return token


def _without_assignments(command: Command) -> Command:
    """A variable set for a command can change what it does: `LD_PRELOAD=… git status`."""
    first = next((at for at, word in enumerate(command.words) if not _ASSIGNMENT.match(word)), len(command.words))
    return command if first == 0 else Command(command.words[first:], is_plain=False)


def _inner_scripts(command: Command) -> Iterator[str]:
    """What stands in quotes and may be run: some builtins expand what they are given, and programs are told to."""
    for word in command.words:
        if start := _NESTED.search(word):
            yield word[start.end() :].replace("`", "\n")
    yield from _run_scripts(command)


def _run_scripts(command: Command) -> Iterator[str]:
    programs = [program(word) for word in command.words]
    if not _RUNNERS.isdisjoint(programs):
        yield from (word for word in command.words if _NO_PLAIN_WORD.search(word) and not _NESTED.search(word))
    if "eval" in programs:
        yield " ".join(command.words[programs.index("eval") + 1 :])


def _runs_what_is_elsewhere(command: Command) -> bool:
    """A script that stands in a file, or comes through a pipe, cannot be read here."""
    words = command.words
    if any(program(word) in {"source", "."} for word in words[_first(words) :][:1]):
        return True
    shells = (at for at in starts(command) if program(words[at]) in _SHELLS)
    return any(not any(_GIVEN_HERE.fullmatch(word.casefold()) for word in words[at + 1 :]) for at in shells)


def starts(command: Command) -> Iterator[int]:
    """At which of its words a program may begin: the first one, and any of those that a runner was given."""
    words = command.words
    first = _first(words)
    yield from range(min(first + 1, len(words)))
    if any(program(word) in _RUNNERS for word in words[: first + 1]):
        yield from range(first + 1, len(words))


def _first(words: tuple[str, ...]) -> int:
    """Past the words of the grammar, the names that belong to them, and variables that are set."""
    at = 0
    while at < len(words) and (words[at] in _RESERVED or _ASSIGNMENT.match(words[at])):
        takes_name = words[at] in _NAMED or (words[at] == "coproc" and words[at + 2 : at + 3] == ("{",))
        at += 2 if takes_name else 1
    return at


def program(word: str) -> str:
    """The name of the program that a first word means, wherever it is and however a file system writes it."""
    return word.replace("\\", "/").rpartition("/")[2].casefold().removesuffix(".exe")


def is_open(word: str) -> bool:
    """Whether the shell may make another word, or several, of it."""
    return word not in {"[", "[["} and _EXPANDED.search(word) is not None
