"""The rules of the house that a machine can see; `docs/README.md` says why they are."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "integrations", "registry", "webhooks", "memory", "config")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
# One door out (integrations/egress), and one door for secrets (integrations/vault).
DOORS = {
    "aiohttp": "integrations/egress/",
    "requests": "integrations/egress/",
    "urllib3": "integrations/egress/",
    "httpx": "integrations/egress/",
    "urllib.request": "integrations/egress/",
    "http.client": "integrations/egress/",
    "cryptography.hazmat.primitives.ciphers": "integrations/vault/",
}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "handler2"}


def sources() -> list[Path]:
    return [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in sources()]


@cache
def imports() -> dict[str, list[str]]:
    """What each file imports."""
    return {name: list(imported(tree)) for name, tree in trees()}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_it_imports_only_downwards() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "Contracts: 2 kept, 0 broken." in ran.stdout


def test_it_excepts_nobody_from_the_import_contracts() -> None:
    contracts = (ROOT / "pyproject.toml").read_text().partition("[tool.importlinter]")[2]
    assert "ignore_imports" not in contracts
    assert "unmatched_ignore" not in contracts


def test_it_imports_nothing_inside_a_function() -> None:
    inside = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


@pytest.mark.parametrize("module", DOORS)
def test_it_has_one_door(module: str) -> None:
    outside = [
        name
        for name, found in imports().items()
        if not name.startswith(DOORS[module]) and any(each == module or each.startswith(f"{module}.") for each in found)
    ]
    assert outside == []


def test_it_keeps_files_and_functions_short() -> None:
    long_files = [name for name, _ in trees() if len((ROOT / name).read_text().splitlines()) > LONGEST_FILE]
    long_functions = [
        f"{name}:{node.name}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


def test_it_names_files_for_what_is_in_them() -> None:
    assert [name for name, _ in trees() if Path(name).stem in NAMES_THAT_SAY_NOTHING] == []


def test_it_uses_no_signals() -> None:
    assert [
        name for name, found in imports().items() if any(each.startswith("django.db.models.signals") for each in found)
    ] == []


def test_each_step_of_the_corridor_has_a_file_and_a_mirror_test() -> None:
    pipeline = (ROOT / "registry/execution/pipeline.py").read_text()
    steps = [
        "resolve",
        "permit",
        "limit",
        "validate",
        "open",
        "ask",
        "cache",
        "guard",
        "send",
        "shape",
        "redact",
        "record",
    ]
    timed = [line.split('"')[1] for line in pipeline.splitlines() if "passage.timed(" in line]
    assert timed == steps
    for step in steps:
        assert (ROOT / f"registry/execution/{step}.py").is_file()
        assert (ROOT / f"tests/registry/execution/test_{step}.py").is_file()
