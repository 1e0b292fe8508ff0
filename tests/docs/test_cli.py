"""Every word that `run.py` and `manage.py` know of their own stands in the reference page, with its options."""

import argparse
import re

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class

from benchmarks.__main__ import names as benchmark_names
from config.supervisor import options
from run import DEVELOPMENT
from tests.docs.pages import ROOT, code_words, column, headings, page, plain, without_blocks

PAGE = "docs/reference/cli.md"
OURS = sorted(
    (app, command)
    for command, app in get_commands().items()
    if isinstance(app, str) and (ROOT / app.rpartition(".")[2] / "management").is_dir()
)


def section(heading: str) -> str:
    """What the page says between this heading and the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", without_blocks(page(PAGE)), re.M | re.S)
    assert found, f"{PAGE} has no heading `{heading}`."
    return found[1]


def long_options(parser: argparse.ArgumentParser) -> set[str]:
    own = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    return own.union(*(long_options(word) for word in words_of(parser)))


def words_of(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parsers of what `manage.py vault …` can say next."""
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [word for action in actions for word in action.choices.values()]


def own_options(app: str, command: str) -> set[str]:
    """Those that a command adds to what it is made from: Django's of the same name, or any command."""
    made = load_command_class(app, command)
    parent = next(kind for kind in type(made).__mro__[1:] if kind.__module__.startswith("django."))
    return long_options(made.create_parser("manage.py", command)) - long_options(
        parent().create_parser("manage.py", command)
    )


def options_in(text: str) -> set[str]:
    return {word.split()[0] for word in code_words(text) if word.startswith("--")}


def test_it_has_a_section_for_every_word_of_run() -> None:
    expected = {f"`run.py {word}`" for word in ("up", *DEVELOPMENT)}
    assert expected == {heading for heading in headings(page(PAGE)) if heading.startswith("`run.py ")}


def test_it_has_a_section_for_every_command_of_ours() -> None:
    expected = {f"`manage.py {command}`" for _, command in OURS if command != "up"}
    assert expected == {heading for heading in headings(page(PAGE)) if heading.startswith("`manage.py ")}


@pytest.mark.parametrize(("app", "command"), [pair for pair in OURS if pair[1] != "up"])
def test_it_names_the_options_of_a_command(app: str, command: str) -> None:
    assert options_in(section(f"`manage.py {command}`")) == own_options(app, command)


def test_it_names_the_options_of_up(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.parse(["--help"])
    offered = set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert options_in(section("`run.py up`")) == offered


def test_it_names_the_options_of_test() -> None:
    crash = (ROOT / "tests" / "crash" / "__main__.py").read_text()
    offered = set(re.findall(r'add_argument\("(--[a-z-]+)"', crash))
    assert options_in(section("`run.py test`")) == offered | {"--crash"}


def test_it_names_every_benchmark() -> None:
    assert column(PAGE, "### `run.py bench`", "Name") == benchmark_names()


def test_it_explains_every_check() -> None:
    files = [file for config in apps.get_app_configs() for file in (ROOT / config.name).rglob("checks.py")]
    found = {word for file in files for word in re.findall(r'id="(\w+\.[EW]\d+)"', file.read_text())}
    assert {plain(word) for word in column(PAGE, "## Checks", "Id")} == found
