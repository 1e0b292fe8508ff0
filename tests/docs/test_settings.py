import re
import runpy
from typing import Any

import environ
import pytest
import yaml

from tests.docs.pages import ROOT, plain, rows

PAGE = "docs/reference/settings.md"
Read = dict[str, object]


def shown(value: object) -> str:
    """A default as the page writes it; DATA_DIR stands for wherever that is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = ",".join(value)
    text = str(value).replace(f"{ROOT}/", "").replace("/DATA_DIR", "DATA_DIR")
    return text or "(empty)"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """What the settings ask the environment for, with the defaults that they name, when nothing is set."""
    found: Read = {}

    class Recorder(environ.Env):  # type: ignore[misc]
        ENVIRON: dict[str, str] = {}

        def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
            found[var] = default if var == "DATA_DIR" else found.get(var, default)
            return "/DATA_DIR" if var == "DATA_DIR" else super().get_value(var, cast, default, parse_default)

    monkeypatch.setattr(environ, "Env", Recorder)
    runpy.run_path(str(ROOT / "config" / "settings.py"))
    return found


def test_it_lists_every_setting_with_its_default(read: Read) -> None:
    documented = {plain(row["Name"]): plain(row["Default"]) for row in rows(PAGE, "## Settings")}
    assert documented == {name: shown(default) for name, default in read.items()}


def test_it_lists_every_other_variable_that_the_code_reads(read: Read) -> None:
    files = [ROOT / "run.py", ROOT / "manage.py", *(ROOT / "config").rglob("*.py")]
    asked = re.compile(r"environ(?:ment)?(?:\.get\(|\[|\.pop\(|\.setdefault\()[\"']([A-Z_]+)")
    found = {name for file in files for name in asked.findall(file.read_text())} | {announced()}
    assert {plain(row["Name"]) for row in rows(PAGE, "## Between the processes")} == found - read.keys()


def announced() -> str:
    found = re.search(r'VARIABLE = "([A-Z_]+)"', (ROOT / "config" / "announce.py").read_text())
    assert found
    return found[1]


def test_it_lists_every_variable_of_the_compose_file() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", compose)) | {
        secret["environment"] for secret in yaml.safe_load(compose)["secrets"].values()
    }
    assert {plain(row["Name"]) for row in rows(PAGE, "## docker compose")} == asked
