"""What the corridor tells of each call that came to an end: counted always, and handed to whoever exports it."""

from collections.abc import Callable

from registry.execution.passage import Passage
from registry.execution.types import Ending
from registry.metrics import count

Export = Callable[[Passage, Ending], None]

_exports: list[Export] = []


def export_to(export: Export) -> None:
    """Have every call that ends told to `export`, which must neither wait nor raise."""
    _exports.append(export)


def stop_exporting_to(export: Export) -> None:
    _exports.remove(export)


def tell(passage: Passage, ending: Ending) -> None:
    count(passage, ending)
    for export in _exports:
        export(passage, ending)
