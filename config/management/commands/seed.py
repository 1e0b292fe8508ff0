import json
import os
from typing import Any

from django.core.management.base import BaseCommand

from config.seed import seed


class Command(BaseCommand):
    help = "Make the first tenant, person, agent and tools; print their secrets, once, as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        made = seed(demo_upstream=os.environ.get("DEMO_UPSTREAM_URL", ""))
        if made is not None:
            self.stdout.write(json.dumps(made.as_dict()))
