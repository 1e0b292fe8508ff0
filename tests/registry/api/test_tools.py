"""`tools/`: registered, read, changed, switched and retired; nobody sees another tenant's."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from registry.health import report_heartbeat
from registry.models import Tool, ToolHealth
from registry.register import register_tool
from tests.accounts.api.problems import refusal, refused_fields
from tests.cast import make_agent, make_key
from tests.catalogue import FIND_CONTACT, Register, manager_of
from tests.doors import Api
from tests.registry.trail import INSTALLATION, actions, share

pytestmark = pytest.mark.django_db

STAMP: dict[str, Any] = {
    "slug": "stamp",
    "name": "Stamp",
    "description": "Stamps documents.",
    "version": "1.0.0",
    "category": "documents",
    "capability": "stamping",
    "source": "user",
    "node_type": "compute",
    "capabilities": {"operations": ["stamp", "validate"], "region": "eu", "level": 3},
    "metadata": {"team": "post", "connector": "postal"},
    "excluded_providers": ["openai"],
    "native_equivalent": "",
    "rate_limit": {"per_minute": 60, "burst": 10},
    "health_endpoint": "https://stamps.example/health",
    "stale_after_seconds": 120,
    "retire_after_seconds": 3600,
    "enabled": True,
    "input_schema": {"type": "object"},
    "output_schema": {"type": "object"},
    "transport": "http",
    "definition": {},
    "endpoints": {"stamp": "https://stamps.example/stamp"},
    "permissions": ["network"],
    "system_prompt": "Stamp with care.",
    "timeout_ms": 5000,
    "retries": {"attempts": 3},
    "idempotent": True,
    "read_only": True,
    "cache_seconds": 60,
}


def slugs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return sorted(tool["slug"] for tool in answer.json()["results"])


def living(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return sorted(Tool.objects.living().values_list("slug", flat=True))


def test_it_registers_a_tool_with_all_its_facts(api: Api, acme: Tenant) -> None:
    answer = api.post("tools/", STAMP)
    assert answer.status_code == 201
    shown = answer.json()
    assert {name: shown[name] for name in STAMP} == STAMP
    assert (shown["is_shared"], shown["health"], shown["last_heartbeat"]) == (False, "unknown", None)
    assert api.get("tools/stamp/").json() == shown
    assert living(acme) == ["stamp"]


def test_it_registers_a_tool_with_what_is_needed(api: Api) -> None:
    answer = api.post("tools/", FIND_CONTACT)
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["category"], shown["capabilities"], shown["timeout_ms"], shown["retries"]) == ("", {}, 30_000, {})
    assert (shown["transport"], shown["source"], shown["node_type"]) == ("http", "user", "effect")


def test_it_refuses_a_slug_twice(api: Api, acme: Tenant) -> None:
    api.post("tools/", FIND_CONTACT)
    assert refusal(api.post("tools/", FIND_CONTACT))[:2] == (409, "conflict")
    assert living(acme) == ["crm-find"]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"colour": "red", "id": 5}, ["$.colour", "$.id"]),
        ({"is_shared": True}, ["$.is_shared"]),
        ({"slug": 5}, ["$.slug"]),
        ({"name": None}, ["$.name"]),
        ({"slug": "Bad Slug"}, ["$.slug"]),
        ({"enabled": "yes", "timeout_ms": "5", "read_only": 1}, ["$.enabled", "$.read_only", "$.timeout_ms"]),
        ({"node_type": "monad", "source": None}, ["$.node_type", "$.source"]),
        ({"retries": 3}, ["$.retries"]),
        ({"retries": {"attempts": "3"}}, ["$.retries.attempts"]),
        ({"retries": {"attempts": 3, "forever": True}}, ["$.retries.forever"]),
        ({"rate_limit": {"burst": 5}}, ["$.rate_limit"]),
        ({"transport": "carrier-pigeon"}, ["$.transport"]),
        ({"version": "one"}, ["$.version"]),
        ({"input_schema": None}, ["$.input_schema"]),
        ({"input_schema": True}, ["$.input_schema"]),
        (
            {"input_schema": {"type": "object", "properties": {"a": {"pattern": "("}}}},
            ["$.input_schema.properties.a.pattern"],
        ),
        ({"input_schema": {"$ref": "http://evil.example/"}}, ['$.input_schema["$ref"]']),
        ({"input_schema": {"$ref": "file:///etc/passwd"}}, ['$.input_schema["$ref"]']),
        ({"input_schema": {"description": "x" * 300_000}}, ["$.input_schema"]),
        ({"output_schema": "x"}, ["$.output_schema"]),
        (
            {"capabilities": None, "endpoints": None, "definition": None},
            ["$.capabilities", "$.definition", "$.endpoints"],
        ),
        ({"capabilities": "x", "metadata": []}, ["$.capabilities", "$.metadata"]),
        ({"permissions": None, "excluded_providers": None}, ["$.excluded_providers", "$.permissions"]),
        ({"definition": {"url": "http://user@host/{}"}}, ["$.definition.url"]),
        ({"stale_after_seconds": 0}, ["$.stale_after_seconds"]),
        ({"stale_after_seconds": 10**30}, ["$.stale_after_seconds"]),
    ],
)
def test_it_names_each_field_that_is_wrong(api: Api, acme: Tenant, changes: dict[str, Any], paths: list[str]) -> None:
    answer = api.post("tools/", {**FIND_CONTACT, **changes})
    assert sorted(set(refused_fields(answer))) == paths
    assert living(acme) == []


@pytest.mark.parametrize("body", [[], "x", 5, None, [FIND_CONTACT]])
def test_it_wants_an_object(api: Api, body: Any) -> None:
    assert api.post("tools/", json.dumps(body).encode()).status_code in {400, 422}


@pytest.mark.parametrize("body", [b"{", b'{"slug": "\\u0000"}', b'{"slug": "\\ud800"}', b"\xff", b"[" * 100_000])
def test_it_refuses_what_is_no_json(api: Api, acme: Tenant, body: bytes) -> None:
    assert refusal(api.post("tools/", body))[:2] == (400, "malformed_request")
    assert living(acme) == []


def test_it_refuses_numbers_that_cannot_be_stored(api: Api, acme: Tenant) -> None:
    body = json.dumps(FIND_CONTACT)[:-1].encode() + b', "metadata": {"size": 1e999}}'
    assert refusal(api.post("tools/", body))[:2] == (400, "malformed_request")
    assert living(acme) == []


def test_it_compiles_a_schema_that_contains_itself(api: Api) -> None:
    schema = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
    assert (
        api.post(
            "tools/", {**FIND_CONTACT, "input_schema": schema, "definition": {"url": "https://x.example/"}}
        ).status_code
        == 201
    )


def test_it_shows_the_version_that_a_call_would_get(api: Api, register: Register) -> None:
    register()
    api.post("tools/crm-find/versions/", {"version": "1.1.0", "system_prompt": "New."})
    api.post("tools/crm-find/versions/", {"version": "2.0.0-rc.1", "system_prompt": "Newer."})
    shown = api.get("tools/crm-find/").json()
    assert (shown["version"], shown["system_prompt"]) == ("1.1.0", "New.")


def test_it_changes_a_tool(api: Api, register: Register) -> None:
    register()
    answer = api.patch("tools/crm-find/", {"name": "Look up", "capabilities": {"operations": ["look_up"]}})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["capabilities"]) == ("Look up", {"operations": ["look_up"]})
    assert actions("tool.changed") == ["tool.changed"]


def test_it_switches_a_tool_by_a_change(api: Api, register: Register) -> None:
    register()
    assert api.patch("tools/crm-find/", {"enabled": False}).json()["enabled"] is False
    assert api.patch("tools/crm-find/", {"enabled": True, "name": "On"}).json()["enabled"] is True
    assert actions("tool.enabled", "tool.disabled") == ["tool.disabled", "tool.enabled"]


@pytest.mark.parametrize("name", ["input_schema", "transport", "retries", "version", "slug"])
def test_it_says_that_a_version_has_to_be_published(api: Api, register: Register, name: str) -> None:
    register()
    status, code, faults = refusal(api.patch("tools/crm-find/", {name: {}, "name": "Changed"}))
    assert (status, code, list(faults)) == (409, "conflict", [f"$.{name}"])
    assert api.get("tools/crm-find/").json()["name"] == "Find contact"


def test_it_refuses_changes_that_are_wrong_or_unknown(api: Api, register: Register) -> None:
    register()
    assert refused_fields(api.patch("tools/crm-find/", {"colour": "red"})) == ["$.colour"]
    assert refused_fields(api.patch("tools/crm-find/", {"enabled": "no"})) == ["$.enabled"]
    assert refused_fields(api.patch("tools/crm-find/", {"metadata": []})) == ["$.metadata"]
    assert api.patch("tools/crm-find/", []).status_code == 422


def test_it_retires_a_tool(api: Api, acme: Tenant, register: Register) -> None:
    register()
    answer = api.delete("tools/crm-find/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(api.get("tools/crm-find/"))[:2] == (404, "tool_not_found")
    assert api.post("tools/", FIND_CONTACT).status_code == 201
    assert living(acme) == ["crm-find"]


def test_it_switches_a_tool_off_and_on(api: Api, register: Register) -> None:
    register()
    assert api.post("tools/crm-find/disable/").json()["enabled"] is False
    assert api.get("tools/crm-find/").json()["enabled"] is False
    assert api.post("tools/crm-find/enable/").json()["enabled"] is True


@pytest.mark.parametrize("word", ["enable", "disable"])
def test_it_takes_nothing_with_a_switch(api: Api, register: Register, word: str) -> None:
    register()
    assert refused_fields(api.post(f"tools/crm-find/{word}/", {"forever": True})) == ["$.forever"]
    assert api.post(f"tools/crm-find/{word}/", {}).status_code == 200


def test_it_shows_a_shared_tool_as_the_tenant_has_it(api: Api, spy_api: Api) -> None:
    share()
    assert api.post("tools/crm-find/disable/").json()["enabled"] is False
    assert api.get("tools/crm-find/").json()["is_shared"] is True
    assert spy_api.get("tools/crm-find/").json()["enabled"] is True
    for answer in (api.patch("tools/crm-find/", {"name": "Mine"}), api.delete("tools/crm-find/")):
        assert refusal(answer)[:2] == (403, "forbidden")


def test_it_lists_tools_newest_first_in_pages(api: Api, register: Register) -> None:
    for number in range(3):
        register(slug=f"tool-{number}")
    first = api.get("tools/", {"limit": 2}).json()
    assert [tool["slug"] for tool in first["results"]] == ["tool-2", "tool-1"]
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert [tool["slug"] for tool in second["results"]] == ["tool-0"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["crm-find", "stamp", "weather"]),
        ({"search": "STAMPS doc"}, ["stamp"]),
        ({"search": "contact"}, ["crm-find"]),
        ({"search": "100%"}, []),
        ({"category": "documents"}, ["stamp"]),
        ({"capability": "stamping"}, ["stamp"]),
        ({"source": "user"}, ["crm-find", "stamp", "weather"]),
        ({"source": "native"}, []),
        ({"node_type": "compute"}, ["stamp"]),
        ({"provider": "openai"}, ["crm-find", "weather"]),
        ({"provider": "anthropic"}, ["crm-find", "stamp", "weather"]),
        ({"connector": "postal"}, ["stamp"]),
        ({"metadata": "team:post"}, ["stamp"]),
        ({"metadata": '{"team": "post"}'}, ["stamp"]),
        ({"metadata": '{"team": "crm"}'}, []),
        ({"capabilities": "operations:stamp"}, ["stamp"]),
        ({"capabilities": "operations:stamp,validate"}, ["stamp"]),
        ({"capabilities": "operations:stamp,void"}, []),
        ({"capabilities": "operations:stamp;region:eu"}, ["stamp"]),
        ({"capabilities": "operations:stamp;region:us"}, []),
        ({"capabilities": "level:3"}, ["stamp"]),
        ({"capabilities": '{"operations": ["validate"], "level": 3}'}, ["stamp"]),
        ({"capabilities": "{}"}, ["crm-find", "stamp", "weather"]),
        ({"healthy": "true"}, ["weather"]),
        ({"healthy": "false"}, ["crm-find", "stamp"]),
        ({"enabled": "true"}, ["stamp", "weather"]),
        ({"enabled": "false"}, ["crm-find"]),
        ({"enabled": "true", "healthy": "false"}, ["stamp"]),
    ],
)
def test_it_filters(api: Api, register: Register, query: dict[str, str], found: list[str]) -> None:
    api.post("tools/", STAMP)
    register()
    api.post("tools/crm-find/disable/")
    share(slug="weather", name="Weather")
    with_heartbeat("weather")
    assert slugs(api.get("tools/", query)) == found


def with_heartbeat(slug: str) -> None:
    with platform():
        report_heartbeat(tool=Tool.objects.get(slug=slug), by=INSTALLATION)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"healthy": "perhaps"}, "healthy"),
        ({"source": "elsewhere"}, "source"),
        ({"limit": "0"}, "limit"),
        ({"search": "x" * 201}, "search"),
        ({"search": "a\x00b"}, "search"),
        ({"capabilities": "operations"}, "capabilities"),
        ({"capabilities": "operations:"}, "capabilities"),
        ({"capabilities": ":stamp"}, "capabilities"),
        ({"capabilities": ";"}, "capabilities"),
        ({"capabilities": "a:b;" * 21}, "capabilities"),
        ({"capabilities": "{broken"}, "capabilities"),
        ({"capabilities": '{"a": "\\u0000"}'}, "capabilities"),
        ({"metadata": "{" * 500}, "metadata"),
    ],
)
def test_it_refuses_parameters_that_are_wrong(api: Api, query: dict[str, str], path: str) -> None:
    assert refused_fields(api.get("tools/", query)) == [path]


def test_it_takes_words_and_numbers_for_what_they_may_be(api: Api) -> None:
    api.post(
        "tools/", {**STAMP, "capabilities": {"levels": ["1", "2"], "sizes": [1, 2], "fast": True, "word": "1e999"}}
    )
    for capabilities in ("levels:1,2", "sizes:1,2", "sizes:2", "fast:true", "word:1e999", "levels:1"):
        assert slugs(api.get("tools/", {"capabilities": capabilities})) == ["stamp"], capabilities
    assert slugs(api.get("tools/", {"capabilities": "fast:false"})) == []


def test_it_sees_a_tool_as_stale_before_any_sweep(api: Api, acme: Tenant, register: Register) -> None:
    register()
    api.post("tools/crm-find/heartbeat/")
    assert slugs(api.get("tools/", {"healthy": "true"})) == ["crm-find"]
    with within(acme.id):
        ToolHealth.objects.update(stale_at="2020-01-01T00:00:00Z")
    assert slugs(api.get("tools/", {"healthy": "true"})) == []
    assert slugs(api.get("tools/", {"healthy": "false"})) == ["crm-find"]
    assert api.get("tools/crm-find/").json()["health"] == "stale"


def test_it_shows_nothing_of_another_tenant(api: Api, spy_api: Api, register: Register, acme: Tenant) -> None:
    register()
    assert slugs(spy_api.get("tools/")) == []
    answers = [
        spy_api.get("tools/crm-find/"),
        spy_api.patch("tools/crm-find/", {"name": "Mine"}),
        spy_api.delete("tools/crm-find/"),
        spy_api.post("tools/crm-find/enable/"),
        spy_api.post("tools/crm-find/disable/"),
        spy_api.post("tools/crm-find/heartbeat/"),
        spy_api.get("tools/crm-find/versions/"),
        spy_api.post("tools/crm-find/versions/", {"version": "1.1.0"}),
        spy_api.get("tools/crm-find/versions/1.0.0/"),
        spy_api.patch("tools/crm-find/versions/1.0.0/", {"state": "retired"}),
    ]
    assert [refusal(answer)[:2] for answer in answers] == [(404, "tool_not_found")] * len(answers)
    assert actions() == ["tool.registered"]
    shown = api.get("tools/crm-find/").json()
    assert (shown["name"], shown["enabled"], shown["version"], shown["health"]) == (
        "Find contact",
        True,
        "1.0.0",
        "unknown",
    )


def test_it_lets_a_viewer_look_and_no_more(api: Api, acme: Tenant, register: Register) -> None:
    register()
    viewer = api.as_(make_key(make_agent(acme, "reader", Role.VIEWER)))
    assert slugs(viewer.get("tools/")) == ["crm-find"]
    answers = [
        viewer.post("tools/", STAMP),
        viewer.post("tools/batch/", {"tools": [STAMP]}),
        viewer.patch("tools/crm-find/", {"name": "Mine"}),
        viewer.delete("tools/crm-find/"),
        viewer.post("tools/crm-find/disable/"),
        viewer.post("tools/crm-find/heartbeat/"),
        viewer.post("tools/crm-find/versions/", {"version": "1.1.0"}),
        viewer.patch("tools/crm-find/versions/1.0.0/", {"state": "retired"}),
    ]
    assert [refusal(answer)[:2] for answer in answers] == [(403, "forbidden")] * len(answers)
    assert actions() == ["tool.registered"]


@pytest.mark.parametrize("slug", ["missing", "a%00b", "%F0%9F%92%A9", "x" * 500, "..", "crm_find"])
def test_it_finds_no_tool_of_an_unknown_name(api: Api, slug: str) -> None:
    status, code, _ = refusal(api.get(f"/api/v1/tools/{slug}/"))
    assert (status, code) in {(404, "tool_not_found"), (404, "not_found")}


def many_tools(tenant: Tenant, first: int, last: int) -> None:
    with within(tenant.id):
        for number in range(first, last):
            register_tool(by=manager_of(tenant), spec={**FIND_CONTACT, "slug": f"tool-{number}"})


def test_it_costs_the_same_queries_for_one_tool_and_for_200(api: Api, acme: Tenant) -> None:
    many_tools(acme, 0, 1)
    share(slug="shared-0")
    api.get("tools/")  # the key's use is noted once a minute
    with CaptureQueriesContext(connection) as for_one:
        assert len(api.get("tools/").json()["results"]) == 2
    many_tools(acme, 1, 198)
    share(slug="shared-1")
    with CaptureQueriesContext(connection) as for_many:
        assert len(api.get("tools/", {"limit": 200}).json()["results"]) == 200
    assert len(for_many) == len(for_one)


def test_it_costs_3_queries_of_the_catalogue_to_show_a_tool(api: Api, register: Register) -> None:
    register()
    api.get("tools/crm-find/")
    with CaptureQueriesContext(connection) as queries:
        api.get("tools/crm-find/")
    mine = [query["sql"] for query in queries if "registry_" in query["sql"]]
    assert len(mine) == 3, mine
