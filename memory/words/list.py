"""`memory list`: memories without a question."""

from argparse import ArgumentParser

from memory.answers.find import list_some
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_data, chosen, data_of

NAME = "list"
HELP = "Show memories, the newest first."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--namespace", metavar="PATH", help="Only there and below.")
    parser.add_argument("--limit", type=int, metavar="NUMBER", help="So many; 50 by default.")
    parser.add_argument("--after", metavar="ID", help="Those that are older: the `next` of an answer.")
    parser.add_argument("--deleted", action="store_true", help="Those that were deleted.")
    add_data(parser, "The filter")


async def run(asker: Asker, options: Options) -> Answer:
    asked = data_of(options) | chosen(options, "namespace", "limit", "after")
    return await list_some(asker, asked | ({"deleted": True} if options["deleted"] else {}))
