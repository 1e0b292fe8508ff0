"""`manage.py connectors`: which there are, and whether a folder is one."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.errors import BadConnector
from integrations.format.folder import read_folder
from integrations.format.shelf import shipped
from integrations.format.types import Connector


class Command(BaseCommand):
    help = "Lists the connectors in folders. `connectors check FOLDER` says what is wrong with one."
    # A folder can be checked where nothing else is set up.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act")
        check = acts.add_parser("check", help="Say what is wrong with a connector's folder.")
        check.add_argument("folder", type=Path, help="Its name is the connector's slug.")

    def handle(self, *args: Any, act: str | None, **options: Any) -> None:
        if act == "check":
            self._check(options["folder"].resolve())
        else:
            self.stdout.write("\n".join(map(_line, shipped())))

    def _check(self, folder: Path) -> None:
        try:
            read = read_folder(folder)
        except BadConnector as error:
            said = "\n".join(f"  {fault.path}: {fault.message}" for fault in error.faults)
            raise CommandError(f"{folder.name} is no connector:\n{said}") from error
        self.stdout.write(_line(read))
        for action in read.actions:
            self.stdout.write(f"  {action.slug:40}  {_effect(action.read_only, action.destructive)}")


def _line(read: Connector) -> str:
    ways = ", ".join(way.name for way in read.auth)
    return f"{read.slug:24}  {read.category:20}  {len(read.actions):4} actions  {ways}"


def _effect(read_only: bool, destructive: bool) -> str:
    return "reads" if read_only else "destroys" if destructive else "writes"
