from pathlib import Path

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from integrations.format.folder import read_folder
from integrations.format.shelf import SHIPPED
from tests.integrations.format.folders import WriteFolder, write_folder  # noqa: F401
from webhooks.signatures.shelf import scheme_names


def found(check_id: str) -> list[CheckMessage]:
    return [message for message in run_checks() if message.id == check_id]


def test_it_names_the_operators_connector_whose_scheme_is_unknown(
    write_folder: WriteFolder,  # noqa: F811
    settings: Settings,
) -> None:
    write_folder("letters", webhook="letterz")
    write_folder("broken", category="toys", webhook="letterz")
    settings.CONNECTORS_DIR = str(write_folder("parcels", webhook="stripe").parent)
    (message,) = found("webhooks.W001")
    assert message.msg == "The connector letters names the webhook scheme `letterz`, and there is none of that name."
    assert message.hint is not None
    assert "github" in message.hint


def test_it_is_content_without_a_folder_of_the_operators(settings: Settings) -> None:
    settings.CONNECTORS_DIR = ""
    assert found("webhooks.W001") == []


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_every_shipped_connector_names_a_scheme_that_there_is(folder: Path) -> None:
    assert read_folder(folder).webhook in ("", *scheme_names())
