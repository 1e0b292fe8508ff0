"""The page names each field and style that there is, and no other."""

import re

from registry.transports.http_checks import FIELDS, STEP_FIELDS
from registry.transports.http_styles import QUERY_STYLES
from tests.docs.pages import column, page

PAGE = "docs/reference/http-definition.md"


def test_it_explains_every_field() -> None:
    assert set(column(PAGE, "## Fields", "Field")) == FIELDS


def test_it_explains_every_field_of_a_step() -> None:
    own = set(column(PAGE, "## Steps", "Field of a step"))
    assert own == STEP_FIELDS - FIELDS
    assert set(re.findall(r"`(\w+)`", re.search(r"\(but (.*?)\)", page(PAGE)).group(1))) == FIELDS - STEP_FIELDS  # type: ignore[union-attr]


def test_it_shows_every_style() -> None:
    assert column(PAGE, "## Styles", "Style") == list(QUERY_STYLES)
