"""What the words have in common."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, Protocol

from accounts.errors import Fault, Invalid
from memory.answers.types import Answer, Asker

Options = Mapping[str, Any]


class Word(Protocol):
    NAME: str
    HELP: str

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    async def run(self, asker: Asker, options: Options) -> Answer:
        """What is printed: the body that REST answers with. Raises errors of the tree."""


def add_data(parser: ArgumentParser, what: str) -> None:
    parser.add_argument("--data", metavar="JSON", help=f"{what}, as REST takes it; `-`: from standard input.")


def add_id(parser: ArgumentParser, what: str = "The memory's id.") -> None:
    parser.add_argument("id", help=what)


def data_of(options: Options) -> dict[str, Any]:
    """What `--data` holds, an object; without it an empty one. Raises Invalid."""
    given = options["data"]
    if given is None:
        return {}
    try:
        read = json.loads(sys.stdin.read() if given == "-" else given)
    except ValueError as error:
        raise Invalid(f"`--data` is not JSON: {error}.") from error
    if not isinstance(read, dict):
        raise Invalid("`--data` is no object.", faults=[Fault("--data", 'Give an object: {"content": "…"}.')])
    return read


def chosen(options: Options, *names: str) -> dict[str, Any]:
    """Of these options those that were given."""
    return {name: options[name] for name in names if options[name] is not None}
