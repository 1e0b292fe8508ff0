import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.seed import seed, seed_shared


class Command(BaseCommand):
    help = "Make the first tenant, person, agent and tools; print their secrets, once, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--shared", action="store_true", help="Only the tools that all tenants share: after each upgrade."
        )

    def handle(self, *args: Any, shared: bool, **options: Any) -> None:
        if shared:
            told = [f"{each.slug} {each.version or each.why_not}" for each in seed_shared() if each.is_news]
            self.stdout.write("\n".join(told))
            return
        made = seed(demo_upstream=os.environ.get("DEMO_UPSTREAM_URL", ""))
        if made is not None:
            self.stdout.write(json.dumps(made.as_dict()))
