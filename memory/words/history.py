"""`memory history`: what a memory said before."""

from argparse import ArgumentParser

from memory.answers.find import history
from memory.answers.named import split_id
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_id

NAME = "history"
HELP = "Show what a memory said before it was changed."


def add_arguments(parser: ArgumentParser) -> None:
    add_id(parser)
    parser.add_argument("--deleted", action="store_true", help="Of one that was deleted.")


async def run(asker: Asker, options: Options) -> Answer:
    memory_id, _ = split_id({"id": options["id"]})
    return await history(asker, memory_id, {"deleted": options["deleted"]})
