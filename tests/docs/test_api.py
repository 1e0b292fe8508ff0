"""The API's own description is whole, and the page of its conventions says what the code does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import RIGHTS, Right, Role
from tests.docs.pages import plain, rows

PAGE = "docs/reference/api-conventions.md"


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", here)


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> Any:
    """As `manage.py spectacular --validate --fail-on-warn` writes it."""
    call_command("spectacular", "--validate", "--fail-on-warn")
    written = capsys.readouterr()
    assert written.err == ""
    return yaml.safe_load(written.out)


def test_it_describes_every_address(schema: Any) -> None:
    described = schema["paths"]
    served = [path for path in addresses(get_resolver().url_patterns) if path.startswith("/api/v1/")]
    assert sorted(described) == sorted(served)


def test_it_ends_every_address_in_a_slash() -> None:
    served = [path for path in addresses(get_resolver().url_patterns) if path.startswith("/api/v1/")]
    assert [path for path in served if not path.endswith("/")] == []


def test_it_says_what_every_operation_is_for(schema: Any) -> None:
    silent = [
        f"{method} {path}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if not operation.get("description", "").endswith(".")
    ]
    assert silent == []


def test_it_may_answer_every_operation_with_a_problem(schema: Any) -> None:
    operations = [operation for each in schema["paths"].values() for operation in each.values()]
    assert {"application/problem+json"} == {
        kind for operation in operations for kind in operation["responses"]["default"]["content"]
    }


def test_it_tells_the_rights_of_every_role() -> None:
    told = {
        plain(row["Role"]): {right for right in Right if row[f"`{right}`"] == "yes"}
        for row in rows(PAGE, "## Who calls")
    }
    assert told == {role: set(RIGHTS[role]) for role in Role}
