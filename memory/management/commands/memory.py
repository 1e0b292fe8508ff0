"""`manage.py memory …`: what an operator does about memories."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import QuartermasterError
from memory.management import indexes, reembed


class Command(BaseCommand):
    help = "Changes the model that memories are found by, and tends their indexes."

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        reembed.add_words(words)
        indexes.add_words(words)

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        does: dict[str, Callable[[dict[str, Any]], None]] = {**reembed.does(self), **indexes.does(self)}
        try:
            does[word](options)
        except QuartermasterError as error:
            said = [error.message, *(f"{fault.path}: {fault.message}" for fault in error.faults)]
            raise CommandError(" ".join(said)) from error
