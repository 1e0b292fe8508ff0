"""`memory link`: saying what one memory has to do with another."""

from argparse import ArgumentParser

from memory.answers.links import link
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_data, chosen, data_of

NAME = "link"
HELP = "Link a memory to another one."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("from", help="The id of the memory that it points from.")
    parser.add_argument("to", help="The id of the memory that it points to.")
    parser.add_argument("type", help="A word, such as `about`.")
    parser.add_argument("--weight", type=float, metavar="NUMBER", help="Above 0, up to 1, which is usual.")
    add_data(parser, "What else there is to it: `metadata`")


async def run(asker: Asker, options: Options) -> Answer:
    return await link(asker, data_of(options) | chosen(options, "from", "to", "type", "weight"))
