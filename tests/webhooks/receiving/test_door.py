"""Over ASGI, into PostgreSQL and out of the seal again."""

import asyncio
import json
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.vault import open_sealed
from tests.corridor import Loop
from tests.webhooks.receiving.arrivals import SOURCE, TENANT, a_source
from tests.webhooks.sending import BY, Told, events_of, make_source, path_to, post, signed
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.receiving import door
from webhooks.receiving.find import Found
from webhooks.receiving.types import Answer, Arrival, KnownSource
from webhooks.sources.change import change_source
from webhooks.sources.remove import remove_source
from webhooks.sources.state import disable, pause, resume
from webhooks.sources.token import rotate_token

BODY = b'{"action": "opened"}'


def opened(event: WebhookEvent, what: str) -> bytes:
    sealed = getattr(event, f"sealed_{what}")
    with within(event.tenant_id):
        return open_sealed(tenant_id=event.tenant_id, purpose="webhook", field=f"{event.id}:{what}", sealed=sealed)


class Platform:
    """Posts to one source, and looks at what became of it."""

    def __init__(self, loop: Loop, source: WebhookSource) -> None:
        self.loop = loop
        self.source = source
        self.path = path_to(source)

    def post(self, body: Any = BODY, headers: Any = None, **more: Any) -> Told:
        sent = signed(body) if headers is None else headers
        return self.loop.run(post(self.path, body, sent, **more))

    @property
    def last(self) -> WebhookEvent:
        return events_of(self.source)[-1]


@pytest.fixture
def platform(acme: Tenant, corridor_loop: Loop) -> Platform:
    return Platform(corridor_loop, make_source(acme))


@pytest.mark.django_db(transaction=True)
def test_it_stores_what_came_as_it_came(platform: Platform) -> None:
    headers = [*signed(BODY, event_id="d-1"), ("x-twice", "one"), ("x-twice", "tw\xf6")]
    told = platform.post(BODY, headers, query="a=1&b=%20")
    event = platform.last
    assert (told.status, told.json) == (200, {"id": str(event.id)})
    assert (event.status, event.routing, event.external_id, event.event_type) == ("accepted", "waiting", "d-1", "push")
    assert (event.method, event.address, event.content_type) == ("POST", "192.0.2.7", "application/json")
    assert opened(event, "body") == BODY
    head = json.loads(opened(event, "head"))
    assert head["url"] == f"https://localhost{platform.path}?a=1&b=%20"
    assert [tuple(pair) for pair in head["headers"]] == headers


@pytest.mark.django_db(transaction=True)
def test_it_costs_one_read_and_one_write(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    platform.post(b"[1]")
    monkeypatch.setattr(DatabaseWrapper, "queries_logged", True)
    with caplog.at_level(logging.DEBUG, "django.db.backends"):
        assert platform.post(b"[2]").status == 200
    asked = [vars(record)["sql"].split() for record in caplog.records if record.name == "django.db.backends"]
    assert [statement[0] for statement in asked] == ["SELECT", "WITH"]


@pytest.mark.django_db(transaction=True)
def test_it_leaves_nothing_of_who_has_no_address(platform: Platform) -> None:
    for path in ("/hooks/", "/hooks/x/", f"/hooks/{'x' * 43}/", f"/hooks/{'x' * 5000}/", "/hooks/\u00fc\x00/"):
        told = platform.loop.run(post(path, BODY, signed(BODY)))
        assert (told.status, told.json["code"]) == (404, "not_found")
    assert events_of(platform.source) == []


@pytest.mark.django_db(transaction=True)
def test_it_stores_what_it_refuses_with_the_reason(platform: Platform) -> None:
    wrong = [
        ([], "signature_missing", 401),
        (signed(b"something else"), "signature_mismatch", 401),
        ([("x-hub-signature-256", "sha256=\xe9\xff")], "signature_malformed", 401),
        ([*signed(BODY), *signed(BODY)], "signature_duplicated", 401),
    ]
    for headers, reason, status in wrong:
        assert platform.post(BODY, headers).status == status
        event = platform.last
        assert (event.status, event.reason, event.routing) == ("rejected", reason, "")
        assert event.verdict["valid"] is False
        assert opened(event, "body") == BODY
    assert platform.post(BODY, [], method="GET").status == 405
    assert platform.last.reason == "method_not_allowed"
    assert platform.post(BODY, [("x-big", "x" * 70_000)]).status == 413
    assert (platform.last.reason, json.loads(opened(platform.last, "head"))["headers"]) == ("too_large", [])


@pytest.mark.django_db(transaction=True)
def test_it_takes_bodies_of_any_kind_and_in_any_pieces(platform: Platform, settings: Any) -> None:
    settings.WEBHOOK_BODY_LIMIT_BYTES = 20_000_000
    with within(platform.source.tenant_id):
        change_source(source=platform.source, by=BY, changes={"max_body_bytes": 20_000_000})
    keys = b"{%s}" % b",".join(b'"%d":0' % number for number in range(1_000_000))
    for body in (b"", b"\xff\xfe\x00", b"<a/>", b"a=1&b=2", b"{not json", keys):
        kind = [("content-type", "application/json; charset=\xff"), *signed(body)[1:]]
        assert platform.post(body, kind).status == 200
        assert opened(platform.last, "body") == body
    assert platform.post([b'{"action":', b' "opened"}'], signed(BODY)).status == 200
    platform.post([b'{"action":', b""], signed(BODY), hang_up=True)
    event = platform.last
    assert (event.status, event.reason, opened(event, "body")) == ("rejected", "truncated", b'{"action":')


@pytest.mark.django_db(transaction=True)
def test_it_holds_to_a_change_from_the_next_request_on(platform: Platform) -> None:
    source = platform.source
    assert platform.post(b"[1]").status == 200
    with within(source.tenant_id):
        pause(source=source, by=BY)
    assert (platform.post(b"[2]").status, platform.last.routing) == (200, "held")
    with within(source.tenant_id):
        disable(source=source, by=BY)
    told = platform.post(b"[3]")
    assert (told.status, told.headers["retry-after"], platform.last.reason) == (503, "3600", "source_disabled")
    with within(source.tenant_id):
        resume(source=source, by=BY)
        change_source(source=source, by=BY, changes={"max_body_bytes": 1_000})
    assert {event.routing for event in events_of(source)} == {"waiting", ""}
    assert platform.post(b"x" * 1_001).status == 413
    with within(source.tenant_id):
        platform.source = rotate_token(source=source, by=BY)
    assert platform.post(b"[4]").status == 404
    platform.path = path_to(platform.source)
    assert platform.post(b"[5]").status == 200
    with within(source.tenant_id):
        remove_source(source=source, by=BY)
    assert platform.post(b"[6]").status == 404


@pytest.mark.parametrize(
    ("is_believed", "url", "query", "expected"),
    [
        (False, "", "a=1", "http://hooks.example/hooks/token/?a=1"),
        (True, "", "a=1", "https://hooks.example/hooks/token/?a=1"),
        (True, "https://acme.example/in", "a=1", "https://acme.example/in?a=1"),
        (True, "https://acme.example/in?key=7", "a=1", "https://acme.example/in?key=7"),
        (True, "https://acme.example/in?key=7", "", "https://acme.example/in?key=7"),
        (True, "https://acme.example/in?key=7", "key=71", "https://acme.example/in?key=7"),
        (True, "https://acme.example/in?key=7", "key=7&crc_token=1", "https://acme.example/in?key=7&crc_token=1"),
    ],
)
async def test_it_knows_the_address_that_the_platform_signed(
    is_believed: bool, url: str, query: str, expected: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    came: list[Arrival] = []

    async def found(token: str) -> tuple[KnownSource, Found]:
        return a_source(url=url), Found(SOURCE, TENANT, 1, None)

    async def keep(arrival: Arrival) -> tuple[Answer, None]:
        came.append(arrival)
        return Answer(200, (), b""), None

    monkeypatch.setattr(door, "find", found)
    monkeypatch.setattr(door, "receive", keep)
    settings.SECURE_HTTPS = is_believed
    proxied = [("host", "hooks.example"), ("x-forwarded-proto", "https")]
    await post("/hooks/token/", BODY, proxied, query=query, scheme="http")
    assert came[0].received.url == expected


async def test_it_lets_the_sender_try_again_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(token: str) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(door, "find", away)
    told = await post("/hooks/token/", BODY, signed(BODY))
    assert (told.status, told.json["code"], told.headers["retry-after"]) == (503, "unavailable", "5")


async def test_it_answers_a_head_without_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(token: str) -> None:
        return None

    monkeypatch.setattr(door, "find", nobody)
    told = await post("/hooks/token/", method="HEAD")
    assert (told.status, told.body) == (404, b"")


async def test_it_has_so_many_in_hand_and_no_more(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Who comes then is told to come again, and has left nothing."""
    settings.WEBHOOK_REQUESTS_AT_ONCE = 2
    asked, go_on = [], asyncio.Event()

    async def slow(token: str) -> None:
        asked.append(token)
        await go_on.wait()

    monkeypatch.setattr(door, "find", slow)
    held = [asyncio.create_task(post(f"/hooks/{name}/", BODY)) for name in ("first", "second")]
    await asyncio.sleep(0)
    turned_away = await post("/hooks/third/", BODY)
    assert (turned_away.status, turned_away.json["code"], turned_away.headers["retry-after"]) == (
        503,
        "unavailable",
        "2",
    )
    go_on.set()
    assert [told.status for told in await asyncio.gather(*held)] == [404, 404]
    assert asked == ["first", "second"]
    assert (await post("/hooks/fourth/", BODY)).status == 404


async def test_one_that_breaks_makes_room_again(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WEBHOOK_REQUESTS_AT_ONCE = 1

    async def away(token: str) -> None:
        raise OperationalError

    monkeypatch.setattr(door, "find", away)
    assert [(await post("/hooks/token/", BODY)).headers["retry-after"] for _ in range(2)] == ["5", "5"]
