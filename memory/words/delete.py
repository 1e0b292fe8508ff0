"""`memory delete`: one memory, or all that a filter finds."""

from argparse import ArgumentParser

from memory.answers.delete import delete, delete_many
from memory.answers.named import split_id, split_version
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_data, chosen, data_of

NAME = "delete"
HELP = "Delete a memory, or all that a filter finds; until they are purged, that can be undone."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", help="The memory's id; left out: what the filter finds.")
    parser.add_argument("--version", dest="of_version", type=int, metavar="NUMBER", help="Only at this version.")
    parser.add_argument("--namespace", metavar="PATH", help="All that lies there and below.")
    parser.add_argument("--dry-run", action="store_true", help="Say how many, and leave them.")
    add_data(parser, "The filter")


async def run(asker: Asker, options: Options) -> Answer:
    if options["id"] is None:
        chosen_ones = data_of(options) | chosen(options, "namespace")
        return await delete_many(asker, {"filter": chosen_ones, "dry_run": options["dry_run"]})
    memory_id, _ = split_id({"id": options["id"]})
    version, _ = split_version({} if options["of_version"] is None else {"version": options["of_version"]})
    return await delete(asker, memory_id, version)
