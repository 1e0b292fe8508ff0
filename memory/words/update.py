"""`memory update`: changing a memory."""

from argparse import ArgumentParser

from memory.answers.named import require_version, split_id
from memory.answers.types import Answer, Asker
from memory.answers.update import update
from memory.words.base import Options, add_data, add_id, chosen, data_of

NAME = "update"
HELP = "Change a memory, if nobody has changed it since it was read."


def add_arguments(parser: ArgumentParser) -> None:
    add_id(parser)
    parser.add_argument("--version", dest="of_version", type=int, metavar="NUMBER", help="The one that was read.")
    parser.add_argument("--content", help="What it shall say.")
    add_data(parser, "All that changes")


async def run(asker: Asker, options: Options) -> Answer:
    memory_id, _ = split_id({"id": options["id"]})
    named = {} if options["of_version"] is None else {"version": options["of_version"]}
    version, _ = require_version(named)
    return await update(asker, memory_id, version, data_of(options) | chosen(options, "content"))
