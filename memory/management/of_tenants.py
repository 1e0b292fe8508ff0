"""The words of `manage.py memory` about one tenant's memories: what REST does, from the command line."""

import json
from argparse import _SubParsersAction
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.api.problems import translate
from accounts.bridge import start
from accounts.caller import System
from accounts.errors import QuartermasterError
from integrations import egress
from integrations.egress import inside
from memory.answers.types import Answer, Asker
from memory.management.tenants import tenant_named
from memory.words import (
    create,
    delete,
    get,
    history,
    link,
    list,  # noqa: A004  what the command calls it
    namespaces,
    neighbours,
    purge,
    restore,
    search,
    unlink,
    update,
)
from memory.words.base import Word

CONSOLE = System("memory")
WORDS: Mapping[str, Word] = {
    word.NAME: word
    for word in (
        *(create, get, list, search, update, delete, restore),
        *(purge, link, unlink, neighbours, history, namespaces),
    )
}
"""A new word is a module more, and its name here."""


def add_words(words: "_SubParsersAction[Any]") -> None:
    for name, word in WORDS.items():
        parser = words.add_parser(name, help=word.HELP, description=word.HELP)
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Whose memories.")
        word.add_arguments(parser)


def does(command: BaseCommand) -> Mapping[str, Callable[[dict[str, Any]], None]]:
    return {name: partial(_run, command, word) for name, word in WORDS.items()}


def _run(command: BaseCommand, word: Word, options: dict[str, Any]) -> None:
    """Prints the body that REST answers with. Raises CommandError."""
    asker = Asker(tenant_named(options["tenant"]).id, CONSOLE)
    try:
        answer = start(_answer(word, asker, options)).result()
    except Exception as error:
        raise CommandError(_said(translate(error))) from error
    command.stdout.write(json.dumps(answer.body, ensure_ascii=False, indent=2))


async def _answer(word: Word, asker: Asker, options: Mapping[str, Any]) -> Answer:
    """Connections that were opened for it, to an embedder say, are closed: the process ends after this."""
    try:
        return await word.run(asker, options)
    finally:
        await egress.aclose()
        await inside.aclose()


def _said(error: QuartermasterError) -> str:
    return "\n".join([error.message, *(f"  {fault.path}: {fault.message}" for fault in error.faults)])
