"""What the page of services says of one is what is shipped."""

import re

import pytest

from integrations.format.folder import read_folder
from tests.docs.pages import ROOT
from tests.integrations.connectors.fixtures import folders

CONNECTORS = {connector.name: connector for connector in map(read_folder, folders())}
PAGE = (ROOT / "docs/reference/services.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", PAGE, re.M))


@pytest.mark.parametrize("name", SECTIONS)
def test_it_names_the_actions_that_there_are(name: str) -> None:
    told = re.findall(r"`([a-z-]+)`", SECTIONS[name].partition("Actions:")[2])
    assert told == [action.slug for action in CONNECTORS[name].actions]
