"""What an import changed of its connector's actions."""

from collections.abc import Mapping
from typing import Any


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    """Slugs of actions. What of that breaks callers of their tools, installing tells (`registry/install.py`)."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "changed": sorted(slug for slug in after.keys() & before.keys() if after[slug] != before[slug]),
        "removed": sorted(before.keys() - after.keys()),
    }
