"""`memory create`: one memory, or many."""

from argparse import ArgumentParser

from memory.answers.create import create
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_data, chosen, data_of

NAME = "create"
HELP = "Store a memory, or many."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("content", nargs="?", help="What is to be remembered.")
    parser.add_argument("--namespace", metavar="PATH", help="Where it shall lie.")
    add_data(parser, "All that is said of it, or `memories`")


async def run(asker: Asker, options: Options) -> Answer:
    return await create(asker, data_of(options) | chosen(options, "content", "namespace"))
