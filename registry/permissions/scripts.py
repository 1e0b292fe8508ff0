"""Reading what a shell would run: the simple commands of a script, found with the standard library's shell tokenizer.

It never runs or expands anything, and it errs to one side: what is quoted is sometimes taken for an operator, which
makes more commands of a script, never fewer. What cannot be read at all raises Unreadable.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_SCRIPT = 20_000
DEEPEST = 4
"""How many commands inside commands (`bash -c "sh -c …"`) are followed."""
MOST_COMMANDS = 500

_PUNCTUATION = ";|&()<>`\n\r"
_OPERATOR = re.compile(r"&>>|&>|>>|>&|>\||<<<|<<-|<<|<&|<>|[<>](?!\()|[<>]\(|[;|&()`\n\r]")
_REDIRECTIONS = frozenset({"&>>", "&>", ">>", ">&", ">|", "<<<", "<<-", "<<", "<&", "<>", "<", ">"})
_SEPARATORS = frozenset(";|&\n")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=")
_EXPANDED = re.compile(r"[$`*?\[]|\{[^}]*(,|\.\.)|^~")
_NESTED = re.compile(r"\$\(|[<>]\(|`")
# Both are data: words of the shell's grammar, and programs that run what their arguments say.
_RESERVED = frozenset(Path(__file__).with_name("reserved.txt").read_text().split())
_RUNNERS = frozenset(Path(__file__).with_name("runners.txt").read_text().split())


class Unreadable(ValueError):
    """The script cannot be read: a quote is not closed, or it goes too deep."""


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    is_plain: bool = True
    """It does only what its words say: no redirection, no variable set for it, nothing run inside it."""


@dataclass
class _Reader:
    commands: list[Command] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    is_plain: bool = True

    def end(self) -> None:
        if self.words:
            self.commands.append(Command(tuple(self.words), self.is_plain))
        self.words, self.is_plain = [], True

    def redirect(self, operator: str, target: str) -> None:
        """A number before it is a descriptor. Joining descriptors and throwing output away do no harm."""
        if self.words and self.words[-1].isdigit():
            self.words.pop()
        harmless = (operator == ">&" and target in {"1", "2"}) or (operator in {">", "&>"} and target == "/dev/null")
        self.is_plain = self.is_plain and harmless


def read_script(script: str, *, depth: int = 0) -> list[Command]:
    """All commands in it, those inside others last. Raises Unreadable."""
    if depth > DEEPEST or len(script) > LONGEST_SCRIPT or "\0" in script:
        raise Unreadable
    commands = _simple_commands(script)
    for command in list(commands):
        for inner in _inner_scripts(command):
            commands += [Command(each.words, is_plain=False) for each in read_script(inner, depth=depth + 1)]
            if len(commands) > MOST_COMMANDS:
                raise Unreadable
    return commands


def read_words(words: list[str]) -> list[Command]:
    """The same for a command that no shell sees, given as a list of its words. Raises Unreadable."""
    commands = [Command(tuple(words))]
    for inner in _run_scripts(commands[0]):
        commands += read_script(inner, depth=1)
    return commands


def _simple_commands(script: str) -> list[Command]:
    reader = _Reader()
    tokens = iter(_tokens(script))
    parts = _parts(tokens)
    for part, is_operator in parts:
        if not is_operator:
            reader.is_plain = reader.is_plain and not _NESTED.search(part)
            reader.words.append(part)
        elif part in _REDIRECTIONS:
            target, _ = next(parts, ("", False))
            reader.redirect(part, target)
        else:
            # Whatever is in brackets or backquotes runs inside the command around it. A shell may keep a lone CR.
            separates = part in _SEPARATORS
            reader.is_plain = reader.is_plain and separates
            reader.end()
            reader.is_plain = separates
    reader.end()
    return [_without_assignments(command) for command in reader.commands]


def _tokens(script: str) -> list[str]:
    lexer = shlex.shlex(script.replace("\\\n", ""), posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    try:
        return list(lexer)
    except ValueError as error:
        raise Unreadable from error


def _parts(tokens: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """Each word, and each operator with True."""
    for token in tokens:
        if token and all(letter in _PUNCTUATION for letter in token):
            yield from ((operator, True) for operator in _OPERATOR.findall(token))
        else:
            yield token, False


def _without_assignments(command: Command) -> Command:
    """A variable set for a command can change what it does: `LD_PRELOAD=… git status`."""
    first = next((at for at, word in enumerate(command.words) if not _ASSIGNMENT.match(word)), len(command.words))
    return command if first == 0 else Command(command.words[first:], is_plain=False)


def _inner_scripts(command: Command) -> Iterator[str]:
    """What is run in quotes: `"$(…)"`, and what a program is told to run."""
    for word in command.words:
        for start in _NESTED.finditer(word):
            inner = word[start.end() :]
            yield inner.rpartition(")")[0] or inner.partition("`")[0]
    yield from _run_scripts(command)


def _run_scripts(command: Command) -> Iterator[str]:
    if any(program(word) in _RUNNERS for word in command.words):
        yield from (word for word in command.words if re.search(r"[\s;|&`$]", word) and not _NESTED.search(word))


def starts(command: Command) -> Iterator[int]:
    """At which of its words a program may begin: the first one, and any of those that a runner was given."""
    words = command.words
    first = next((at for at, word in enumerate(words) if word not in _RESERVED), len(words))
    yield from range(min(first + 1, len(words)))
    if first < len(words) and program(words[first]) in _RUNNERS:
        yield from range(first + 1, len(words))


def program(word: str) -> str:
    """The name of the program that a first word means, wherever it is and however a file system writes it."""
    return word.replace("\\", "/").rpartition("/")[2].casefold().removesuffix(".exe")


def is_open(word: str) -> bool:
    """Whether the shell may make another word, or several, of it."""
    return word not in {"[", "[["} and _EXPANDED.search(word) is not None
