"""`memory unlink`: removing a link."""

from argparse import ArgumentParser

from memory.answers.links import unlink
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_id

NAME = "unlink"
HELP = "Remove a link. Both memories stay."


def add_arguments(parser: ArgumentParser) -> None:
    add_id(parser, "The link's id.")


async def run(asker: Asker, options: Options) -> Answer:
    return await unlink(asker, {"id": options["id"]})
