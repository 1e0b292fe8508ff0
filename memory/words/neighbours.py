"""`memory neighbours`: what a memory is linked to."""

from argparse import ArgumentParser

from memory.answers.find import near
from memory.answers.named import split_id
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_id, chosen

NAME = "neighbours"
HELP = "Show what a memory is linked to, near and not so near."


def add_arguments(parser: ArgumentParser) -> None:
    add_id(parser)
    parser.add_argument("--hops", type=int, metavar="NUMBER", help="Over so many links; 1 by default.")
    parser.add_argument("--types", nargs="+", metavar="TYPE", help="Only over links of these.")
    parser.add_argument("--direction", help="`out`, `in`, or `both` by default.")
    parser.add_argument("--limit", type=int, metavar="NUMBER", help="So many; 20 by default.")


async def run(asker: Asker, options: Options) -> Answer:
    memory_id, _ = split_id({"id": options["id"]})
    return await near(asker, memory_id, chosen(options, "hops", "types", "direction", "limit"))
