import io
import json
from argparse import ArgumentParser
from typing import Any

from django.core import checks
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config.checks import check_database, check_redis


class Command(BaseCommand):
    help = "Check the servers, migrate, and make the first data: what `up` does before it serves."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--result-fd", type=int, default=1, help="where the result is written, as JSON")

    def handle(self, *args: Any, result_fd: int, **options: Any) -> None:
        found = _run_checks()
        problems = [_sentence(message) for message in found if message.level >= checks.ERROR]
        result: dict[str, Any] = {"problems": problems}
        if not problems:
            result["warnings"] = [_sentence(message) for message in found]
            call_command("migrate", skip_checks=True, stdout=self.stdout)
            result["seed"] = _seed()
        with open(result_fd, "w", closefd=result_fd > 2) as written:
            json.dump(result, written)
        if problems:
            raise SystemExit(1)


def _run_checks() -> list[checks.CheckMessage]:
    """Ours first: Django's own stumble over a server that is away or too old."""
    databases = ["default", "owner"]
    found = [*check_redis(databases=databases), *check_database(databases=databases)]
    if any(message.level >= checks.ERROR for message in found):
        return found
    return list(checks.run_checks(databases=databases))


def _seed() -> dict[str, str] | None:
    """What was made for the first time, secrets included: they are shown once and kept nowhere."""
    said = io.StringIO()
    call_command("seed", stdout=said)
    made: dict[str, str] | None = json.loads(said.getvalue()) if said.getvalue().strip() else None
    return made


def _sentence(message: checks.CheckMessage) -> str:
    hint = f"\n  {message.hint}" if message.hint else ""
    return f"{message.id}: {message.msg}{hint}"
