"""`memory get`: one memory."""

from argparse import ArgumentParser

from memory.answers.find import retrieve
from memory.answers.named import split_id
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_id

NAME = "get"
HELP = "Show a memory."


def add_arguments(parser: ArgumentParser) -> None:
    add_id(parser)
    parser.add_argument("--deleted", action="store_true", help="One that was deleted.")


async def run(asker: Asker, options: Options) -> Answer:
    memory_id, _ = split_id({"id": options["id"]})
    return await retrieve(asker, memory_id, {"deleted": options["deleted"]})
