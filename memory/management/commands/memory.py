"""`manage.py memory …`: what an operator does about memories."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import QuartermasterError
from memory.management import indexes, of_tenants, reembed


class Command(BaseCommand):
    help = "Does with a tenant's memories what REST does; changes the model that they are found by; tends indexes."

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        of_tenants.add_words(words)
        reembed.add_words(words)
        indexes.add_words(words)

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        does: dict[str, Callable[[dict[str, Any]], None]] = {
            **of_tenants.does(self),
            **reembed.does(self),
            **indexes.does(self),
        }
        try:
            does[word](options)
        except QuartermasterError as error:
            said = [error.message, *(f"{fault.path}: {fault.message}" for fault in error.faults)]
            raise CommandError(" ".join(said)) from error
