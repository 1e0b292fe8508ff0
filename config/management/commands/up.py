import os
import sys
from typing import Any, Never

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start everything: the supervisor takes this process over, without Django, which it does not need."

    def run_from_argv(self, argv: list[str]) -> Never:
        path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "config.supervisor", *argv[2:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["manage.py", "up"])
