from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Takes the place of Django's, which knows no tenants."""

    help = "Says which command to use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(
            "Everybody here belongs to a tenant. Use `createperson EMAIL --tenant SLUG --role owner --platform-owner`."
        )
