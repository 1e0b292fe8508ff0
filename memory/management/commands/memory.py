"""`manage.py memory …`: what an operator does about memories."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import QuartermasterError
from memory.management import bulk, indexes, of_tenants, reembed

PARTS = (of_tenants, bulk, reembed, indexes)


class Command(BaseCommand):
    help = (
        "Does with a tenant's memories what REST does; imports, exports and erases them; changes the model that they "
        "are found by; tends the indexes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        for part in PARTS:
            part.add_words(words)

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        does: dict[str, Callable[[dict[str, Any]], None]] = {}
        for part in PARTS:
            does |= part.does(self)
        try:
            does[word](options)
        except QuartermasterError as error:
            said = [error.message, *(f"{fault.path}: {fault.message}" for fault in error.faults)]
            raise CommandError(" ".join(said)) from error
