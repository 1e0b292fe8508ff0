"""`tools/{slug}/versions/`: published, read, deprecated and retired."""

from typing import Any

import pytest

from tests.accounts.api.problems import refusal, refused_fields
from tests.catalogue import FIND_CONTACT, Register
from tests.doors import Api
from tests.registry.trail import actions, share

pytestmark = pytest.mark.django_db

SCHEMA = FIND_CONTACT["input_schema"]
PATH = "tools/crm-find/versions/"


def states(api: Api) -> dict[str, str]:
    return {version["version"]: version["state"] for version in api.get(PATH).json()["results"]}


def test_it_publishes_and_shows_versions(api: Api, register: Register) -> None:
    register()
    answer = api.post(PATH, {"version": "1.1.0", "timeout_ms": 100, "retries": {"attempts": 2}})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["version"], shown["state"], shown["sunset_at"]) == ("1.1.0", "published", None)
    assert (shown["timeout_ms"], shown["retries"], shown["input_schema"]) == (100, {"attempts": 2}, SCHEMA)
    assert api.get(f"{PATH}1.1.0/").json() == shown
    assert [version["version"] for version in api.get(PATH).json()["results"]] == ["1.1.0", "1.0.0"]


def test_it_refuses_a_breaking_change_with_the_difference(api: Api, register: Register) -> None:
    register()
    answer = api.post(PATH, {"version": "1.1.0", "input_schema": {**SCHEMA, "required": ["account", "email"]}})
    assert refusal(answer) == (409, "breaking_change", {"$.input_schema.required": "`email` is required now."})
    assert answer.json()["compared_with"] == "1.0.0"
    assert states(api) == {"1.0.0": "published"}


def test_it_refuses_a_version_that_there_is(api: Api, register: Register) -> None:
    register()
    assert refusal(api.post(PATH, {"version": "1.0.0"}))[:2] == (409, "conflict")
    assert states(api) == {"1.0.0": "published"}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["$.version"]),
        ({"version": 1}, ["$.version"]),
        ({"version": "one"}, ["$.version"]),
        ({"version": "1.1.0", "name": "Another", "state": "published"}, ["$.name", "$.state"]),
        ({"version": "1.1.0", "input_schema": {"$ref": "http://x.example/"}}, ['$.input_schema["$ref"]']),
        ({"version": "1.1.0", "input_schema": None}, ["$.input_schema"]),
        ({"version": "1.1.0", "timeout_ms": 0}, ["$.timeout_ms"]),
    ],
)
def test_it_names_each_field_that_is_wrong(api: Api, register: Register, body: Any, paths: list[str]) -> None:
    register()
    assert refused_fields(api.post(PATH, body)) == paths
    assert states(api) == {"1.0.0": "published"}


@pytest.mark.parametrize(
    ("wanted", "found"), [("1.0.0", "1.0.0"), ("latest", "1.1.0"), ("%5E1.0", "1.1.0"), ("~1.0", "1.0.0")]
)
def test_it_finds_a_version_by_a_range(api: Api, register: Register, wanted: str, found: str) -> None:
    register()
    api.post(PATH, {"version": "1.1.0"})
    assert api.get(f"/api/v1/{PATH}{wanted}/").json()["version"] == found


@pytest.mark.parametrize("wanted", ["9.9.9", "%5E9", "newest", "a%00b", "1" * 5000])
def test_it_says_which_versions_there_are(api: Api, register: Register, wanted: str) -> None:
    register()
    answer = api.get(f"/api/v1/{PATH}{wanted}/")
    assert refusal(answer)[:2] == (404, "version_not_found")
    assert answer.json()["detail"].endswith("There are: 1.0.0.")


def test_it_deprecates_and_retires_a_version(api: Api, register: Register) -> None:
    register()
    answer = api.patch(f"{PATH}1.0.0/", {"state": "deprecated", "sunset_at": "2999-01-01T00:00:00Z"})
    assert (answer.json()["state"], answer.json()["sunset_at"]) == ("deprecated", "2999-01-01T00:00:00Z")
    assert api.patch(f"{PATH}1.0.0/", {"state": "retired"}).json()["state"] == "retired"
    assert api.get(f"{PATH}1.0.0/").json()["state"] == "retired"
    assert refusal(api.get(f"{PATH}latest/"))[:2] == (404, "version_not_found")
    assert actions("version.deprecated", "version.retired") == ["version.deprecated", "version.retired"]


def test_it_never_goes_back(api: Api, register: Register) -> None:
    register()
    api.patch(f"{PATH}1.0.0/", {"state": "deprecated"})
    assert refusal(api.patch(f"{PATH}1.0.0/", {"state": "published"}))[:2] == (409, "conflict")
    assert states(api) == {"1.0.0": "deprecated"}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["$.state"]),
        ({"state": "gone"}, ["$.state"]),
        ({"state": 5, "why": "old"}, ["$.state", "$.why"]),
        ({"state": "deprecated", "sunset_at": "tomorrow"}, ["$.sunset_at"]),
        ({"state": "deprecated", "sunset_at": "2020-01-01T00:00:00Z"}, ["$.sunset_at"]),
        ({"state": "retired", "sunset_at": "2999-01-01T00:00:00Z"}, ["$.sunset_at"]),
    ],
)
def test_it_refuses_a_change_that_is_wrong(api: Api, register: Register, body: Any, paths: list[str]) -> None:
    register()
    answer = api.patch(f"{PATH}1.0.0/", body)
    assert set(paths) & set(refused_fields(answer))
    assert states(api) == {"1.0.0": "published"}


def test_it_changes_nothing_else_of_a_version(api: Api, register: Register) -> None:
    register()
    status, code, faults = refusal(api.patch(f"{PATH}1.0.0/", {"state": "deprecated", "timeout_ms": 5}))
    assert (status, code, list(faults)) == (409, "conflict", ["$.timeout_ms"])
    assert api.patch(f"{PATH}1.0.0/", []).status_code == 422
    assert states(api) == {"1.0.0": "published"}


def test_it_leaves_the_versions_of_shared_tools_alone(api: Api) -> None:
    share()
    assert refusal(api.post(PATH, {"version": "1.1.0"}))[:2] == (403, "forbidden")
    assert refusal(api.patch(f"{PATH}1.0.0/", {"state": "retired"}))[:2] == (403, "forbidden")
    assert states(api) == {"1.0.0": "published"}
