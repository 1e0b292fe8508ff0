"""What the corridor tells of each call that came to an end: counted, logged, and handed to whoever exports it."""

import logging
from collections.abc import Callable

from registry.execution.passage import Passage
from registry.execution.types import Ending
from registry.metrics import count

log = logging.getLogger("registry.execution")

Export = Callable[[Passage, Ending], None]

_exports: list[Export] = []


def export_to(export: Export) -> None:
    """Have every call that ends told to `export`, which must neither wait nor raise."""
    _exports.append(export)


def stop_exporting_to(export: Export) -> None:
    _exports.remove(export)


def tell(passage: Passage, ending: Ending) -> None:
    count(passage, ending)
    _log(passage, ending)
    for export in _exports:
        export(passage, ending)


def _log(passage: Passage, ending: Ending) -> None:
    """Successes are for those who want to see everything."""
    level = logging.DEBUG if ending.error is None else logging.INFO
    if log.isEnabledFor(level):
        code = ending.error.code if ending.error else ""
        spent_ms = round(sum(passage.timings.values()) / 1000, 3)
        facts = {"action": f"execution_{ending.status}", "code": code, "spent_ms": spent_ms}
        log.log(level, "%s %s%s", passage.call.tool, ending.status, f": {code}" if code else "", extra=facts)
