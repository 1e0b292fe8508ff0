"""The words of `manage.py memory` about what memories are found with: counts, and indexes over vectors."""

from argparse import _SubParsersAction
from collections.abc import Callable, Mapping
from functools import partial
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.tenancy import platform
from memory.indexes import build, counts, tend


def add_words(words: "_SubParsersAction[Any]") -> None:
    words.add_parser("check-counts", help="Compare the numbers of memories and vectors with their rows.")
    indexes = words.add_parser("tend-indexes", help="Build and remove indexes over vectors, as workers do.")
    indexes.add_argument("--every", type=float, metavar="SECONDS", help="Go on, with a look so often.")


def does(command: BaseCommand) -> Mapping[str, Callable[[dict[str, Any]], None]]:
    return {"check-counts": partial(_check_counts, command), "tend-indexes": partial(_tend_indexes, command)}


def _check_counts(command: BaseCommand, options: dict[str, Any]) -> None:
    with platform():
        differences = counts.recount()
    for each in differences:
        what = "memories" if each.model_id is None else f"vectors of model {each.model_id}"
        command.stderr.write(f"{each.tenant_id} {each.namespace}: {each.counted} {what} counted, {each.there} there.")
    if differences:
        raise CommandError(f"{len(differences)} numbers are wrong.")
    command.stdout.write("All numbers are right.")


def _tend_indexes(command: BaseCommand, options: dict[str, Any]) -> None:
    _tend_once(command)
    while options["every"]:
        sleep(options["every"])
        _tend_once(command)


def _tend_once(command: BaseCommand) -> None:
    if not build.may_build():
        raise CommandError("Set DATABASE_OWNER_URL to the role that owns the tables: it alone can build indexes.")
    done = tend.tend()
    if done is None:
        command.stdout.write("Another process is building.")
    for step in done or []:
        command.stdout.write(str(step))
