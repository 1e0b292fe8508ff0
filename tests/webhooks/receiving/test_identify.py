import json
from typing import Any

import pytest

from integrations.redaction import KnownSecrets
from tests.webhooks.receiving.arrivals import URL, a_scheme, a_source, an_arrival
from webhooks.models.event import Origin
from webhooks.receiving.identify import identify
from webhooks.receiving.types import Identity
from webhooks.signatures.shelf import scheme_named

EVENT = {"event": {"id": {"json": "id"}, "type": {"json": "type"}}}


async def identity(body: bytes = b"{}", once: str = "", source: dict[str, Any] | None = None, **more: Any) -> Identity:
    """With a scheme whose ids and types are in the body."""
    known = a_source(**{"scheme": a_scheme(**EVENT), **(source or {})})
    return await identify(an_arrival(body, source=known, **more), once)


async def test_it_goes_by_the_providers_own_id() -> None:
    found = await identity(b'{"id": "e-1", "type": "paid"}')
    again = await identity(b'{"id": "e-1", "type": "paid", "attempt": 2}')
    assert (found.external_id, found.event_type) == ("e-1", "paid")
    assert again.dedup_key == found.dedup_key


async def test_it_goes_by_the_content_where_there_is_no_id() -> None:
    found = await identity(b'{"type": "paid"}')
    assert (await identity(b'{"type": "paid"}')).dedup_key == found.dedup_key
    assert (await identity(b'{"type": "lost"}')).dedup_key != found.dedup_key
    assert (await identity(b'{"type": "paid"}', url=f"{URL}?page=2")).dedup_key != found.dedup_key


@pytest.mark.parametrize(
    ("scheme", "counts"),
    [("meta", False), ("mandrill", True), ("unsigned", True), ("generic-token", True), ("github", False)],
)
async def test_who_repeats_what_was_signed_makes_no_other_event_of_it_by_its_query(scheme: str, counts: bool) -> None:
    settings = {"verify_token": "a-long-verify-token"} if scheme == "meta" else {}
    source = {"scheme": scheme_named(scheme), "settings": settings, "unsigned": scheme == "unsigned"}
    found, other = [await identity(b"{}", source=source, url=url, headers=[]) for url in (URL, f"{URL}?again=1")]
    assert (found.dedup_key != other.dedup_key) is counts


@pytest.mark.parametrize("scheme", ["dropbox", "microsoft-graph"])
async def test_the_same_bytes_tell_of_the_next_change_where_they_do(scheme: str) -> None:
    source, body = {"scheme": scheme_named(scheme)}, b'{"value": [{"changeType": "updated"}]}'
    assert (await identity(body, source=source)).dedup_key != (await identity(body, source=source)).dedup_key
    named = b'{"value": [{"id": "n-1"}]}'
    same = (await identity(named, source=source)).dedup_key == (await identity(named, source=source)).dedup_key
    assert same is (scheme == "microsoft-graph")


async def test_it_never_takes_a_content_for_an_id() -> None:
    assert (await identity(b'{"id": "e-1"}')).dedup_key != (await identity(b"e-1")).dedup_key


@pytest.mark.parametrize(
    ("places", "headers"),
    [
        ({"id_at": "header:X-Id", "type_at": "header: X-Type"}, [("x-id", "e-7"), ("x-type", "paid")]),
        ({"id_at": "meta.id", "type_at": "meta.type"}, []),
    ],
)
async def test_it_looks_where_the_source_says(places: dict[str, str], headers: list[tuple[str, str]]) -> None:
    body = b'{"id": "e-1", "type": "lost", "meta": {"id": "e-7", "type": "paid"}}'
    found = await identity(body, source=places, headers=headers)
    assert (found.external_id, found.event_type) == ("e-7", "paid")


async def test_it_keeps_what_may_be_used_once_only() -> None:
    assert (await identity()).once_key is None
    assert (await identity(once="t-1")).once_key == (await identity(b"[]", once="t-1")).once_key


async def test_it_takes_each_test_event_for_one_of_its_own() -> None:
    body = b'{"id": "e-1"}'
    tests = [await identity(body, once="t-1", origin=Origin.TEST) for _ in range(2)]
    keys = {found.dedup_key for found in (*tests, await identity(body))}
    assert len(keys) == 3
    assert [found.once_key for found in tests] == [None, None]


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"id": "\\u0000\\ud800"}', b'{"id": {}}', b"[" * 100_000, b""])
async def test_it_makes_something_of_whatever_came(body: bytes) -> None:
    found = await identity(body)
    found.external_id.encode()
    assert "\x00" not in found.external_id


async def test_it_knows_nothing_but_the_content_where_the_scheme_is_gone() -> None:
    found = await identity(b'{"id": "e-1"}', source={"scheme": None})
    assert (found.external_id, found.event_type) == ("", "")


async def test_it_looks_there_too_where_the_scheme_has_settings() -> None:
    source = {"scheme": scheme_named("generic-hmac"), "settings": {"id_path": "id"}}
    assert (await identity(b'{"id": "e-1"}', source=source)).external_id == "e-1"
    assert (await identity(b'{"id": "e-1", "n": 7}', source={**source, "id_at": "n"})).external_id == "7"


async def test_it_knows_nothing_where_the_settings_do_not_fit() -> None:
    source = {"scheme": scheme_named("generic-hmac"), "settings": {"hash": "crc"}}
    assert (await identity(b'{"id": "e-1"}', source=source)).external_id == ""


async def test_it_shows_no_secret_of_the_source_in_an_id_or_a_type() -> None:
    source = {"hidden": KnownSecrets(("it is a secret",))}
    told = [{"id": f"{mark} it is a secret", "type": "paid.it is a secret"} for mark in ("e-1", "e-2")]
    found, other = [await identity(json.dumps(each).encode(), source=source) for each in told]
    assert (found.external_id, found.event_type) == ("e-1 [redacted:secret]", "paid.[redacted:secret]")
    assert found.dedup_key != other.dedup_key


async def test_it_shows_no_half_of_a_secret_where_a_type_is_cut() -> None:
    source = {"hidden": KnownSecrets(("it is a secret",))}
    found = await identity(json.dumps({"type": "x" * 195 + "it is a secret"}).encode(), source=source)
    assert found.event_type == "x" * 195 + "[reda"


@pytest.mark.parametrize("name", ["token: created", "secret_scanning_alert.created", "evt_1OZ9Q2LkdIwHu7ixSecretKey"])
async def test_it_takes_no_name_for_a_secret(name: str) -> None:
    found = await identity(json.dumps({"id": name, "type": name}).encode())
    assert (found.external_id, found.event_type) == (name, name)
