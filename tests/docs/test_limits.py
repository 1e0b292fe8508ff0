import inspect
from datetime import timedelta
from importlib import import_module
from types import ModuleType

import pytest
from django.db.models.fields import NOT_PROVIDED
from django.db.models.query_utils import DeferredAttribute

from config.schedule import SCHEDULE
from registry.execution.types import STEPS
from tests.docs.pages import plain, rows

PAGE = "docs/reference/limits-and-durability.md"


def value_of(constant: str) -> float:
    """A module's constant, or the default of a field of one of its classes, as a number."""
    path, name = constant.split(": ")
    module = import_module(path.removesuffix(".py").replace("/", "."))
    found = getattr(module, name) if hasattr(module, name) else field_of(module, name)
    return found.total_seconds() if isinstance(found, timedelta) else float(found)


def field_of(module: ModuleType, name: str) -> float:
    owners = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    (found,) = [vars(kind)[name] for kind in owners if name in vars(kind)]
    default = found.field.default if isinstance(found, DeferredAttribute) else found
    assert default is not NOT_PROVIDED
    return float(default)


@pytest.mark.parametrize("row", rows(PAGE, "## Values"), ids=lambda row: plain(row["Constant"]))
def test_it_gives_the_value_that_the_code_has(row: dict[str, str]) -> None:
    number, *_ = row["Value"].replace(",", "").split()
    assert float(number) == value_of(plain(row["Constant"]))


def test_it_lists_what_runs_on_a_schedule() -> None:
    documented = {plain(row["Entry"]): float(row["Every"].removesuffix(" s")) for row in rows(PAGE, "## On a schedule")}
    assert documented == {name: entry["schedule"] for name, entry in SCHEDULE.items()}


def test_it_says_what_redis_means_for_steps_that_are_there() -> None:
    named = [plain(row["What"]) for row in rows(PAGE, "## While Redis is away")]
    assert {"limit", "cache", "guard"} <= set(named) & set(STEPS)
