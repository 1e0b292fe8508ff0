import ast
from pathlib import Path

import pytest

from registry.admin.timings import THINNEST, WIDTH, timings_chart
from registry.execution import pipeline
from registry.execution.types import STEPS


def timed_steps() -> list[str]:
    """The names given to `passage.timed(…)`, in the order they are written in the corridor."""
    tree = ast.parse(Path(pipeline.__file__).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    timed = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "timed"]
    names = [call.args[0] for call in sorted(timed, key=lambda call: call.lineno)]
    return [str(name.value) for name in names if isinstance(name, ast.Constant)]


def test_it_knows_the_corridors_steps_in_order() -> None:
    assert list(STEPS) == list(dict.fromkeys(timed_steps()))


def test_it_draws_the_steps_in_the_corridors_order() -> None:
    chart = timings_chart({"record": 500, "send": 1500, "resolve": 1000})
    assert chart is not None
    assert [(each.step, each.x, each.width) for each in chart.segments] == [
        ("resolve", 0, 333.33),
        ("send", 333.33, 500),
        ("record", 833.33, 166.67),
    ]
    assert [each.percent for each in chart.segments] == pytest.approx([33.33, 50, 16.67], abs=0.01)
    assert chart.total == "3.0 ms"
    assert chart.description == "resolve 1.0 ms; send 1.5 ms; record 500 µs"


def test_it_leaves_no_step_too_thin_to_see() -> None:
    chart = timings_chart({"permit": 3, "send": 800_000, "record": 1200})
    assert chart is not None
    assert [each.width for each in chart.segments] == [THINNEST, WIDTH - 2 * THINNEST, THINNEST]
    assert sum(each.width for each in chart.segments) == WIDTH


def test_it_shares_the_bar_when_nothing_took_any_time() -> None:
    chart = timings_chart({"resolve": 0, "permit": 0})
    assert chart is not None
    assert [(each.width, each.percent) for each in chart.segments] == [(500, 0), (500, 0)]


@pytest.mark.parametrize("timings", [{}, {"unknown": 12}])
def test_it_draws_nothing_before_something_was_measured(timings: dict[str, int]) -> None:
    assert timings_chart(timings) is None
