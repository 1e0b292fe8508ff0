"""`memory search`: memories by meaning and by words."""

from argparse import ArgumentParser

from memory.answers.search import search
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_data, chosen, data_of

NAME = "search"
HELP = "Find memories by meaning and by words."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="A question, or words.")
    parser.add_argument("--namespace", metavar="PATH", help="Only there and below.")
    parser.add_argument("--limit", type=int, metavar="NUMBER", help="So many; 10 by default.")
    add_data(parser, "All that a search may say")


async def run(asker: Asker, options: Options) -> Answer:
    return await search(asker, data_of(options) | chosen(options, "query", "namespace", "limit"))
