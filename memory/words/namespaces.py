"""`memory namespaces`: which there are."""

from argparse import ArgumentParser

from memory.answers.namespaces import namespaces
from memory.answers.types import Answer, Asker
from memory.words.base import Options, chosen

NAME = "namespaces"
HELP = "Show the namespaces, one level at once, with how many memories each holds."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--under", metavar="PATH", help="Those below; left out: from the top.")
    parser.add_argument("--after", metavar="PATH", help="Those behind: the `next` of an answer.")


async def run(asker: Asker, options: Options) -> Answer:
    return await namespaces(asker, chosen(options, "under", "after"))
