"""The OpenAPI schema: without a warning, and true to the views."""

from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from accounts.api import urls


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    made: dict[str, Any] = yaml.safe_load(out.getvalue())
    return made


def operations(schema: dict[str, Any], path: str) -> dict[str, Any]:
    described: dict[str, Any] = schema["paths"][f"/api/v1/{path}"]
    return described


@pytest.mark.parametrize("pattern", urls.urlpatterns, ids=lambda pattern: pattern.name)
def test_it_describes_every_method(schema: dict[str, Any], pattern: Any) -> None:
    path = str(pattern.pattern).replace("<slug:", "{").replace("<uuid:", "{").replace(">", "}")
    assert set(operations(schema, path)) == set(pattern.callback.view_class.rights)


def test_it_asks_for_a_key_and_tells_of_problems(schema: dict[str, Any]) -> None:
    assert schema["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    for operation in operations(schema, "agents/").values():
        assert operation["security"] == [{"ApiKey": []}]
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem == {"schema": {"$ref": "#/components/schemas/Problem"}}


def test_it_names_the_query_parameters(schema: dict[str, Any]) -> None:
    listing = operations(schema, "audit/")["get"]
    names = {parameter["name"] for parameter in listing["parameters"]}
    assert names == {"action", "actor", "after", "cursor", "limit", "subject"}
    assert listing["operationId"] == "audit_list"
