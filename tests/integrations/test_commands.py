"""`connectors`, as an operator types it."""

import io

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.integrations.format.folders import WriteFolder, write_folder  # noqa: F401


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("connectors", *arguments, stdout=out)
    return out.getvalue()


def test_it_lists_the_connectors_in_folders(write_folder: WriteFolder, settings: Settings) -> None:  # noqa: F811
    settings.CONNECTORS_DIR = str(write_folder("parcels").parent)
    (line,) = [line for line in run().splitlines() if line.startswith("parcels ")]
    assert line.split() == ["parcels", "commerce", "1", "actions", "key"]


def test_it_shows_what_a_good_folder_holds(write_folder: WriteFolder) -> None:  # noqa: F811
    said = run("check", str(write_folder("parcels"))).splitlines()
    assert [line.split() for line in said] == [["parcels", "commerce", "1", "actions", "key"], ["send", "writes"]]


def test_it_says_all_that_is_wrong_with_a_folder(write_folder: WriteFolder) -> None:  # noqa: F811
    folder = write_folder("parcels", category="toys", base_url="nowhere")
    with pytest.raises(CommandError) as refused:
        run("check", str(folder))
    said = str(refused.value).splitlines()
    assert said[0] == "parcels is no connector:"
    assert [line.split()[0] for line in said[1:]] == ["$.connector.category:", "$.connector.base_url:"]
