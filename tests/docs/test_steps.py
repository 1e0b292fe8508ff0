"""The twelve steps stand in one order everywhere: code, files, docs and picture."""

import ast
import re
from pathlib import Path

from config.error_page import error_classes
from registry.execution.types import STEPS
from tests.docs.pages import ROOT, column, page

CORRIDOR = ROOT / "registry" / "execution"


def timed_in_the_pipeline() -> list[str]:
    """The names that `passage.timed` is given, in reading order."""
    tree = ast.parse((CORRIDOR / "pipeline.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    timed = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "timed"]
    return [str(ast.literal_eval(call.args[0])) for call in sorted(timed, key=lambda call: call.lineno)]


def step_of(file: Path) -> int | None:
    """The number in a step's first line."""
    match = re.match(r'"""Step (\d+): ', file.read_text())
    return int(match[1]) if match else None


def test_it_is_the_order_of_the_pipeline() -> None:
    assert timed_in_the_pipeline() == list(STEPS)


def test_it_is_the_order_that_the_files_say() -> None:
    numbered = {step_of(file): file.stem for file in CORRIDOR.glob("*.py")}
    numbered.pop(None)
    assert [numbered[number] for number in sorted(filter(None, numbered))] == list(STEPS)
    assert sorted(filter(None, numbered)) == list(range(1, len(STEPS) + 1))


def test_it_is_the_order_of_the_map() -> None:
    assert column("docs/README.md", "## The life of a call", "Step") == list(STEPS)
    assert column("docs/README.md", "## The life of a call", "#") == [str(number + 1) for number in range(len(STEPS))]


def test_it_is_the_order_of_the_picture() -> None:
    groups = re.findall(r'<g id="(\w+)">', page("docs/images/corridor.svg"))
    assert [group for group in groups if group in STEPS] == list(STEPS)


def test_it_names_errors_in_the_picture_as_they_are() -> None:
    known = {(str(kind.status), kind.code) for kind in error_classes()}
    drawn = re.findall(r'class="code"[^>]*>([^<]+)<', page("docs/images/corridor.svg"))
    assert len(drawn) > len(STEPS) / 2
    for line in drawn:
        for status, codes in re.findall(r"(\d{3}) ((?:[a-z_]+(?: · )?)+)", line):
            assert {(status, code) for code in codes.strip(" ·").split(" · ")} <= known


def test_it_has_a_mirror_test_for_every_step() -> None:
    tests = ROOT / "tests" / "registry" / "execution"
    assert [step for step in STEPS if not (tests / f"test_{step}.py").is_file()] == []
