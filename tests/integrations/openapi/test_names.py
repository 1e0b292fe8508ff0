import re

import pytest

from integrations.openapi.names import apart, nested_name, property_name, says_only, slug_of, words_of


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("GetUserById", ["get", "user", "by", "id"]),
        ("listHTTPServers", ["list", "http", "servers"]),
        ("repos/list-for-org", ["repos", "list", "for", "org"]),
        ("calendar.events.insert", ["calendar", "events", "insert"]),
        ("créer_élan", ["creer", "elan"]),
        ("オペレーション", []),
    ],
)
def test_it_finds_the_words_of_a_name(written: str, words: list[str]) -> None:
    assert words_of(written) == words


@pytest.mark.parametrize(
    ("operation_id", "slug"),
    [
        ("getUser", "get-user"),
        ("parcels.list", "list"),
        ("parcels", "parcels"),
        (None, "get-users-by-id-repos"),
        ("", "get-users-by-id-repos"),
        (["get"], "get-users-by-id-repos"),
        ("5f0c9a7e-1b2d-4c3e-9f8a-0b1c2d3e4f5a", "get-users-by-id-repos"),
        ("404", "get-users-by-id-repos"),
        ("オペレーション", "get-users-by-id-repos"),
    ],
)
def test_it_names_an_action_for_its_operation(operation_id: object, slug: str) -> None:
    assert slug_of(operation_id, "get", "/users/{id}/repos", connector="parcels") == slug


def test_it_cuts_a_long_name_to_what_it_is_about() -> None:
    slug = slug_of("actions/list-selected-repos-for-enabled-org-secret", "get", "/a")
    assert re.fullmatch(r"actions-list-for-enabled-org-secret-[0-9a-f]{5}|actions-list.*-org-secret-[0-9a-f]{5}", slug)
    assert len(slug) <= 40


@pytest.mark.parametrize("operation_id", ["x" * 300, "a-" * 200, "Super" * 60])
def test_it_is_never_longer_than_forty_letters(operation_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug := slug_of(operation_id, "get", "/"))
    assert len(slug) <= 40


def test_it_tells_two_of_a_name_apart_in_the_same_way_each_time() -> None:
    first = apart("get-user", "GET /a")
    assert first == apart("get-user", "GET /a")
    assert first != apart("get-user", "GET /b")
    assert first.startswith("get-user-")


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("filter[id]", "filter_id"),
        ("$top", "top"),
        ("X-Trace-Id", "X-Trace-Id"),
        ("user.name", "user.name"),
        ("@type", "type_body"),
        ("id", "id_body"),
    ],
)
def test_it_gives_every_parameter_a_legal_name_of_its_own(wire: str, name: str) -> None:
    assert property_name(wire, {"id", "type"}, "body") == name


def test_it_counts_where_even_the_place_is_taken() -> None:
    assert property_name("id", {"id", "id_body"}, "body") == "id_2"
    assert property_name("id", {"id", "id_2"}) == "id_3"


@pytest.mark.parametrize("wire", ["日本", "a" * 100, "[]", " "])
def test_it_finds_a_legal_name_for_whatever_a_vendor_calls_it(wire: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", property_name(wire, set()))
    assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", nested_name(wire, set()))


def test_it_keeps_nested_names_away_from_plain_ones() -> None:
    assert nested_name("@odata.type", {"odata.type"}) == "_odata.type"


def test_it_knows_a_description_that_only_repeats_the_name() -> None:
    assert says_only("Customer ID", "customer_id")
    assert not says_only("The customer's own id", "customer_id")
