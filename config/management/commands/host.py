import os
import sys
from argparse import ArgumentParser
from typing import Any, Never

from django.conf import settings
from django.core.management.base import BaseCommand

from config import host


class Command(BaseCommand):
    help = "Run the process that has the embedding model: it takes this process over, without apps and database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        host.add_arguments(parser)

    def run_from_argv(self, argv: list[str]) -> Never:
        path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "config.host", *argv[2:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["manage.py", "host"])
