"""`memory purge`: removing deleted memories for good."""

from argparse import ArgumentParser

from memory.answers.delete import purge, purge_many
from memory.answers.named import split_id
from memory.answers.types import Answer, Asker
from memory.words.base import Options, add_data, chosen, data_of

NAME = "purge"
HELP = "Remove a deleted memory for good, or all deleted ones that a filter finds."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", help="The memory's id; left out: what the filter finds.")
    parser.add_argument("--namespace", metavar="PATH", help="All that lay there and below.")
    parser.add_argument("--deleted-before", metavar="TIME", help="Those that were deleted before: 2026-11-30T00:00Z.")
    parser.add_argument("--dry-run", action="store_true", help="Say how many, and leave them.")
    add_data(parser, "The filter")


async def run(asker: Asker, options: Options) -> Answer:
    if options["id"] is None:
        chosen_ones = data_of(options) | chosen(options, "namespace", "deleted_before")
        return await purge_many(asker, {"filter": chosen_ones, "dry_run": options["dry_run"]})
    return await purge(asker, split_id({"id": options["id"]})[0])
