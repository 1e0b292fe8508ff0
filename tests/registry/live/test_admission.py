"""Who may open a socket. Each refusal also shows that nothing was sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.errors import Forbidden
from accounts.middleware import CHOSEN_TENANT
from accounts.models import Agent, ApiKey, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from registry.live.admission import Visitor, admit, headers_of, is_own_origin
from registry.live.socket import Timing
from tests.cast import make_agent, make_key
from tests.registry.live.sockets import Socket

PEER = "192.0.2.1"
HOST = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}

Open = Callable[..., Socket]
Refused = Callable[..., int | None]


def cookies_of(person: Person) -> dict[str, str]:
    client = Client()
    client.force_login(person)
    return {"Cookie": f"theme=dark; sessionid={client.cookies['sessionid'].value}"}


class TestOwnOrigin:
    @pytest.mark.parametrize(
        ("origin", "host"),
        [
            ("http://localhost:8000", "localhost:8000"),
            ("http://localhost", "localhost"),
            ("http://localhost:80", "localhost"),
            ("https://localhost", "localhost:443"),
            ("http://127.0.0.1:8000", "127.0.0.1:8000"),
            ("http://[::1]:8000", "[::1]:8000"),
            ("http://LOCALHOST:8000", "localhost:8000"),
        ],
    )
    def test_it_is_the_host_that_is_asked(self, origin: str, host: str) -> None:
        assert is_own_origin(origin, host)

    @pytest.mark.parametrize(
        ("origin", "host"),
        [
            ("", "localhost:8000"),
            ("null", "localhost:8000"),
            ("http://evil.example", "localhost:8000"),
            ("http://localhost:9000", "localhost:8000"),
            ("http://localhost.evil.example:8000", "localhost:8000"),
            ("http://evil.example@localhost:9000", "localhost:8000"),
            ("file://localhost:8000", "localhost:8000"),
            ("http://localhost:port", "localhost:8000"),
            ("http://[::1", "[::1"),
            ("http://", ""),
            ("http://rebound.example", "rebound.example"),
        ],
    )
    def test_it_is_no_other(self, origin: str, host: str) -> None:
        assert not is_own_origin(origin, host)

    def test_an_operator_can_trust_another(self, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://console.example"]
        settings.CSRF_TRUSTED_ORIGINS = ["https://proxy.example"]
        assert is_own_origin("https://console.example", "localhost:8000")
        assert is_own_origin("https://proxy.example", "localhost:8000")
        assert not is_own_origin("http://proxy.example", "localhost:8000")

    def test_only_https_is_ours_where_we_are_served_over_it(self, settings: Any) -> None:
        settings.SECURE_HTTPS = True
        assert is_own_origin("https://localhost", "localhost")
        assert not is_own_origin("http://localhost", "localhost")


class TestHeaders:
    def test_only_those_that_count_are_read(self) -> None:
        raw = [(b"Host", b"h"), (b"x-secret", b"s"), (b"cookie", b"a=1"), (b"Cookie", b"b=2"), (b"origin", b"\xff")]
        assert headers_of(raw) == {"host": "h", "cookie": "a=1; b=2", "origin": "\xff"}

    def test_what_proxies_wrote_on_several_lines_is_one_list(self) -> None:
        raw = [(b"X-Forwarded-For", b"203.0.113.7"), (b"x-forwarded-for", b"198.51.100.1")]
        assert headers_of(raw) == {"x-forwarded-for": "203.0.113.7,198.51.100.1"}

    def test_one_that_comes_twice_is_refused(self, refused: Refused, db: None) -> None:
        assert refused({"Authorization": "Bearer a", "authorization": "Bearer b"}) == 4400


@pytest.mark.django_db
class TestPersons:
    def test_a_person_looks_at_their_own_tenant(self, acme: Tenant, vera: Person) -> None:
        visitor = admit(headers_of_dict({**HOST, **cookies_of(vera)}), PEER)
        assert visitor == Visitor(acme.id, f"person:{vera.id}")

    def test_the_platforms_owner_looks_at_the_tenant_they_chose(self, acme: Tenant, platform_owner: Person) -> None:
        client = Client()
        client.force_login(platform_owner)
        session = client.session
        session[CHOSEN_TENANT] = str(acme.id)
        session.save()
        headers = {**HOST, "Cookie": f"sessionid={client.cookies['sessionid'].value}"}
        assert admit(headers_of_dict(headers), PEER).tenant_id == acme.id

    def test_a_person_comes_from_where_their_tenant_lets_them(self, acme: Tenant, vera: Person, settings: Any) -> None:
        with within(acme.id):
            Tenant.objects.update(allowed_networks=["203.0.113.0/24"])
        headers = headers_of_dict({**HOST, **cookies_of(vera), "X-Forwarded-For": "203.0.113.7"})
        with pytest.raises(Forbidden, match=r"You come from the address 192\.0\.2\.1"):
            admit(headers, PEER)
        with pytest.raises(Forbidden, match="an address that cannot be told"):
            admit(headers, "")
        settings.TRUSTED_PROXIES = 1
        assert admit(headers, PEER).actor == f"person:{vera.id}"

    def test_a_key_comes_from_where_it_may(self, acme: Tenant, scout_key: str) -> None:
        headers = {"authorization": f"Bearer {scout_key}"}
        with within(acme.id):
            ApiKey.objects.update(allowed_networks=["192.0.2.0/24"])
        assert admit(headers, PEER).tenant_id == acme.id
        with pytest.raises(Forbidden, match="the allowed networks of this key"):
            admit(headers, "203.0.113.7")


def headers_of_dict(headers: dict[str, str]) -> dict[str, str]:
    return headers_of((name.encode(), value.encode()) for name, value in headers.items())


@pytest.mark.django_db(transaction=True)
class TestAtTheDoor:
    def test_a_session_opens_a_socket_from_our_own_pages(self, acme: Tenant, vera: Person, socket: Open) -> None:
        assert socket(headers={**HOST, **cookies_of(vera)}).hear()["type"] == "snapshot"

    @pytest.mark.parametrize("origin", [{}, {"Origin": "https://evil.example"}, {"Origin": "http://localhost:9000"}])
    def test_a_session_opens_none_from_anywhere_else(
        self, vera: Person, refused: Refused, origin: dict[str, str]
    ) -> None:
        assert refused({"Host": "localhost:8000", **origin, **cookies_of(vera)}) == 4403

    def test_nobody_opens_none(self, refused: Refused) -> None:
        assert refused(HOST) == 4401
        assert refused({**HOST, "Cookie": "sessionid=" + "x" * 32}) == 4401

    def test_a_key_needs_no_origin(self, socket: Open) -> None:
        assert socket().hear()["type"] == "snapshot"

    @pytest.mark.parametrize("key", ["", "Bearer", "Bearer qm_short", "Basic YTpi", "Bearer qm_" + "x" * 43])
    def test_a_key_that_is_none_opens_none(self, refused: Refused, key: str) -> None:
        assert refused({"Authorization": key}) == 4401

    def test_a_bad_key_is_not_helped_by_a_session(self, vera: Person, refused: Refused) -> None:
        assert refused({**HOST, **cookies_of(vera), "Authorization": "Bearer qm_" + "x" * 43}) == 4401

    def test_every_role_may_look(self, acme: Tenant, socket: Open) -> None:
        viewer = make_agent(acme, "viewer", Role.VIEWER)
        assert socket(key=make_key(viewer)).hear()["type"] == "snapshot"

    def test_too_many_sockets_of_one_tenant_are_refused(
        self, scout_key: str, socket: Open, refused: Refused, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("registry.live.consumer.SOCKETS_PER_TENANT", 0)
        assert refused({"Authorization": f"Bearer {scout_key}"}) == 4429

    def test_a_seat_is_given_back(self, socket: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("registry.live.consumer.SOCKETS_PER_TENANT", 1)
        for _ in range(3):
            opened = socket()
            opened.hear()
            opened.end()


@pytest.mark.django_db(transaction=True)
class TestStaying:
    HASTY = Timing(recheck=0.02, quiet=3600, after_frame=3600, spacing=0)

    def test_it_ends_when_the_person_signs_out(self, vera: Person, socket: Open) -> None:
        opened = socket(headers={**HOST, **cookies_of(vera)}, timing=self.HASTY)
        opened.hear()
        Session.objects.all().delete()
        assert opened.hear_end() == (4401, "unauthenticated")

    def test_it_ends_when_the_person_is_shut_out(self, vera: Person, socket: Open) -> None:
        opened = socket(headers={**HOST, **cookies_of(vera)}, timing=self.HASTY)
        opened.hear()
        with platform():
            Person.objects.filter(id=vera.id).update(is_active=False)
        assert opened.hear_end() == (4401, "unauthenticated")

    def test_it_ends_when_the_password_changes(self, vera: Person, socket: Open) -> None:
        opened = socket(headers={**HOST, **cookies_of(vera)}, timing=self.HASTY)
        opened.hear()
        with platform():
            Person.objects.filter(id=vera.id).update(password="changed")
        assert opened.hear_end() == (4401, "unauthenticated")

    def test_it_ends_when_the_platforms_owner_looks_at_another_tenant(
        self, acme: Tenant, platform_owner: Person, socket: Open
    ) -> None:
        headers = {**HOST, **cookies_of(platform_owner)}
        opened = socket(headers=headers, timing=self.HASTY)
        opened.hear()
        store = SessionStore(Session.objects.get().session_key)
        store[CHOSEN_TENANT] = str(acme.id)
        store.save()
        assert opened.hear_end() == (4403, "forbidden")

    def test_it_ends_when_the_key_is_deleted_with_its_agent(self, acme: Tenant, scout: Agent, socket: Open) -> None:
        opened = socket(timing=self.HASTY)
        opened.hear()
        with within(acme.id):
            ApiKey.objects.filter(agent=scout).delete()
        assert opened.hear_end() == (4401, "unauthenticated")
