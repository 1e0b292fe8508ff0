"""The page on importing OpenAPI names every reason for which an operation is skipped, and every field of a report."""

from integrations.openapi.report import Reason, Report
from tests.docs.pages import code_words, plain, rows

PAGE = "docs/reference/openapi.md"


def test_it_names_every_reason_to_skip_an_operation() -> None:
    named = [plain(row["Reason"]) for row in rows(PAGE, "### Reasons")]
    assert named == [str(reason) for reason in Reason]


def test_it_names_every_field_of_a_report() -> None:
    named = {word for row in rows(PAGE, "## The report") for word in code_words(row["Field"])}
    assert named == set(Report().as_json())
