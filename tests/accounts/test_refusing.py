"""Doors that are shut to whoever comes from elsewhere: keys, signing in, open sessions. Tests come from 127.0.0.1."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import refusing
from accounts.authenticate import authenticate, caller_of
from accounts.errors import Forbidden
from accounts.invitations import invitation_path
from accounts.models import Agent, ApiKey, AuditEntry, Person, Tenant
from accounts.tenancy import platform, within
from tests.doors import Api

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE = ["127.0.0.0/8"], ["203.0.113.0/24"]
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def nothing_told_yet() -> Iterator[None]:
    """What this process remembers of other tests."""
    refusing._told.clear()
    yield
    refusing._told.clear()


def let_in(tenant: Tenant, networks: list[str]) -> None:
    with within(tenant.id):
        Tenant.objects.filter(id=tenant.id).update(allowed_networks=networks)


def let_key_in(tenant: Tenant, networks: list[str]) -> None:
    with within(tenant.id):
        ApiKey.objects.update(allowed_networks=networks)


def refusals(tenant: Tenant) -> list[tuple[str, str, dict[str, Any]]]:
    with within(tenant.id):
        rows = AuditEntry.objects.filter(action__endswith=".refused")
        return list(rows.values_list("actor", "action", "detail"))


class TestKeys:
    def test_it_lets_a_key_in_from_a_network_that_is_named(self, acme: Tenant, api: Api) -> None:
        let_in(acme, HERE)
        let_key_in(acme, [*ELSEWHERE, *HERE])
        assert api.get("tools/").status_code == 200
        assert refusals(acme) == []

    @pytest.mark.parametrize(("who", "whose"), [(let_in, "your tenant"), (let_key_in, "this key")])
    def test_it_refuses_a_key_from_elsewhere_and_names_the_address(
        self, acme: Tenant, scout: Agent, api: Api, who: Any, whose: str
    ) -> None:
        who(acme, ELSEWHERE)
        answer = api.post("agents/", {"slug": "new"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert answer.json()["detail"].startswith(
            f"You come from the address 127.0.0.1, and the allowed networks of {whose} do not name it."
        )
        assert refusals(acme) == [(f"agent:{scout.id}", "key.refused", {"address": "127.0.0.1"})]

    def test_it_tells_once_a_minute_also_among_processes(
        self, acme: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        let_in(acme, ELSEWHERE)
        now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: now)
        api.get("tools/")
        api.get("tools/")
        refusing._told.clear()  # another process
        api.get("tools/")
        assert len(refusals(acme)) == 1
        monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=1))
        api.get("tools/")
        assert len(refusals(acme)) == 2

    def test_it_refuses_whom_it_cannot_tell(self, acme: Tenant, scout_key: str, settings: Any, api: Api) -> None:
        let_in(acme, ["0.0.0.0/0", "::/0"])
        with pytest.raises(Forbidden, match="You come from an address that cannot be told"):
            authenticate(f"Bearer {scout_key}")
        settings.TRUSTED_PROXIES = 1
        assert api.get("tools/").status_code == 403
        assert api.get("tools/", x_forwarded_for="203.0.113.7, gibberish").status_code == 403
        assert api.get("tools/", x_forwarded_for="gibberish, 203.0.113.7").status_code == 200

    def test_it_believes_no_header_unless_told_to(self, acme: Tenant, api: Api) -> None:
        let_in(acme, ELSEWHERE)
        assert api.get("tools/", x_forwarded_for="203.0.113.7").status_code == 403

    def test_it_costs_one_query_as_before(
        self, acme: Tenant, scout_key: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        let_in(acme, HERE)
        let_key_in(acme, HERE)
        authenticate(f"Bearer {scout_key}", "127.0.0.1")
        with django_assert_num_queries(1):
            assert authenticate(f"Bearer {scout_key}", "127.0.0.1").address == "127.0.0.1"

    def test_it_asks_nobody_where_an_unknown_key_comes_from(self, acme: Tenant, api: Api) -> None:
        let_in(acme, ELSEWHERE)
        assert api.as_("qm_" + "x" * 43).get("tools/").status_code == 401
        assert refusals(acme) == []


class TestPeople:
    @pytest.fixture
    def secret_bob(self, bob: Person) -> Person:
        with platform():
            bob.set_password(PASSWORD)
            bob.save()
        return bob

    def sign_in(self, client: Client, person: Person, password: str = PASSWORD) -> Any:
        return client.post("/admin/login/", {"username": person.email, "password": password})

    def test_it_does_not_sign_in_from_elsewhere(self, acme: Tenant, secret_bob: Person, client: Client) -> None:
        let_in(acme, ELSEWHERE)
        answer = self.sign_in(client, secret_bob)
        assert answer.status_code == 403
        assert "You come from the address 127.0.0.1" in answer.content.decode()
        assert "_auth_user_id" not in client.session
        with within(acme.id):
            assert Person.objects.get(id=secret_bob.id).last_login is None
        assert refusals(acme) == [(f"person:{secret_bob.id}", "person.refused", {"address": "127.0.0.1"})]

    def test_it_tells_a_stranger_nothing_of_networks(self, acme: Tenant, secret_bob: Person, client: Client) -> None:
        let_in(acme, ELSEWHERE)
        answer = self.sign_in(client, secret_bob, "wrong")
        assert answer.status_code == 200
        assert "127.0.0.1" not in answer.content.decode()
        assert refusals(acme) == []

    def test_it_signs_in_from_a_network_that_is_named(self, acme: Tenant, secret_bob: Person, client: Client) -> None:
        let_in(acme, HERE)
        assert self.sign_in(client, secret_bob).status_code == 302
        assert client.get("/admin/").status_code == 200

    def test_it_shuts_an_open_session_out_and_lets_it_end(self, acme: Tenant, bob: Person, client: Client) -> None:
        client.force_login(bob)
        assert client.get("/admin/").status_code == 200
        let_in(acme, ELSEWHERE)
        answer = client.get("/admin/registry/tool/")
        assert answer.status_code == 403
        assert "You come from the address 127.0.0.1" in answer.content.decode()
        assert client.post("/admin/logout/").status_code == 302
        assert "_auth_user_id" not in client.session

    def test_it_looks_at_the_persons_own_tenant(self, acme: Tenant, platform_owner: Person, client: Client) -> None:
        """Whom acme lets in is no matter for somebody who runs the installation."""
        let_in(acme, ELSEWHERE)
        client.force_login(platform_owner)
        client.post("/admin/tenant/", {"tenant": acme.id})
        assert client.get("/admin/registry/tool/").status_code == 200

    def test_it_lets_nobody_set_a_password_from_elsewhere(
        self, acme: Tenant, alice: Person, bob: Person, client: Client
    ) -> None:
        with within(acme.id):
            address = invitation_path(person=bob, by=caller_of(alice))
        let_in(acme, ELSEWHERE)
        answer = client.post(address, {"password": PASSWORD, "again": PASSWORD})
        assert answer.status_code == 403
        assert "You come from the address 127.0.0.1" in answer.content.decode()
        with within(acme.id):
            assert not Person.objects.get(id=bob.id).has_usable_password()
