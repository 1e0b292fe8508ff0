"""`memory restore`: undoing a deletion."""

from argparse import ArgumentParser

from memory.answers.delete import restore, restore_many
from memory.answers.named import split_id
from memory.answers.types import Answer, Asker
from memory.words.base import Options

NAME = "restore"
HELP = "Bring back a memory, or all that were deleted together."


def add_arguments(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", help="The memory's id.")
    which.add_argument("--deletion", metavar="ID", help="As `memory delete` has named it.")


async def run(asker: Asker, options: Options) -> Answer:
    if options["deletion"] is not None:
        return await restore_many(asker, {"deletion": options["deletion"]})
    memory_id, _ = split_id({"id": options["id"]})
    return await restore(asker, memory_id, {})
