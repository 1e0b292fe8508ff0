import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import within
from integrations.connections import refresh
from integrations.connections.grant import CallGrant
from integrations.connections.granting import grant_for
from integrations.connections.sealed import open_token
from integrations.connections.timing import REFUSALS_UNTIL_EXPIRED
from integrations.errors import ConnectionExpired, TokenUnavailable
from integrations.models import Connection, Credential
from tests.corridor import Loop
from tests.integrations.connections.conftest import Ask, age, ago, now, row
from tests.integrations.connections.signing_in import signed_in, signed_in_again, with_app
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.patience import until
from tests.vendors import Answer, Manners, Vendor
from tests.web import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def expired(chat: Connection) -> Connection:
    """Its token, not the connection."""
    age(chat, refreshed_at=ago(7200), expires_at=ago(3600))
    return chat


def refreshes(vendor: Vendor) -> int:
    return sum(b"grant_type=refresh_token" in each.body for each in vendor.asked("/token"))


def tokens(connection: Connection) -> tuple[str, str]:
    with within(connection.tenant_id):
        return open_token(row(connection))


def test_it_gets_another_token_and_keeps_the_refresh_token(expired: Connection, vendor: Vendor, ask: Ask) -> None:
    before = tokens(expired)
    grant = ask(expired)
    assert grant.secrets == (tokens(expired)[0],)
    assert (tokens(expired)[0] != before[0], tokens(expired)[1] == before[1]) == (True, True)
    found = row(expired)
    assert (found.token_version, found.failures, found.claimed_until) == (2, 0, None)
    with within(expired.tenant_id):
        assert AuditEntry.objects.get(action="connection.refreshed").actor == "system:refresh"


def test_it_stores_a_rotated_refresh_token_before_it_is_used(
    acme: Tenant, alice: Person, vendor: Vendor, ask: Ask
) -> None:
    vendor.manners = Manners(rotates=True)
    found = signed_in(acme, alice, vendor, with_app(acme, vendor))
    for version in (2, 3, 4):
        age(found, refreshed_at=ago(7200), expires_at=ago(3600))
        assert ask(found, generation=version).token_version == version
        assert set(vendor.refresh) == {tokens(found)[1]}


def test_many_calls_of_a_process_ask_once(
    expired: Connection, vendor: Vendor, corridor_loop: Loop, settings: Any
) -> None:
    vendor.before_token = lambda: threading.Event().wait(0.2)

    async def many() -> list[CallGrant]:
        one = partial(grant_for, tenant_id=expired.tenant_id, generation=1, connection_id=expired.id)
        return await asyncio.gather(*(one() for _ in range(50)))

    assert {grant.token_version for grant in corridor_loop.run(many())} == {2}
    assert refreshes(vendor) == 1


def test_it_waits_for_another_process_that_asks(expired: Connection, vendor: Vendor, corridor_loop: Loop) -> None:
    age(expired, claimed_until=timezone.now() + timedelta(seconds=30))
    waiting = corridor_loop.start(grant_for(tenant_id=expired.tenant_id, generation=1, connection_id=expired.id))
    assert not waiting.done()
    age(expired, token_version=5, expires_at=ago(-3600), refreshed_at=ago(0), claimed_until=None)
    assert waiting.result(20).token_version == 5
    assert refreshes(vendor) == 0


def test_it_takes_over_from_a_process_that_died(expired: Connection, vendor: Vendor, ask: Ask) -> None:
    age(expired, claimed_until=ago(1))
    assert ask(expired).token_version == 2
    assert refreshes(vendor) == 1


def test_it_gives_up_on_a_process_that_asks_for_ever(
    expired: Connection, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "PATIENCE_SECONDS", 0.0)
    age(expired, claimed_until=timezone.now() + timedelta(seconds=30))
    with pytest.raises(TokenUnavailable, match="for too long"):
        ask(expired)


def calling(connection: Connection, vendor: Vendor) -> "subprocess.Popen[str]":
    """Another process, which calls 25 times at once."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integrations.connections.calling", str(connection.tenant_id), str(connection.id)],
        env={**os.environ, "EGRESS_ALLOW_NETWORKS": f"127.0.0.1/32:{vendor.port}"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_fifty_calls_in_two_processes_ask_once(expired: Connection, vendor: Vendor) -> None:
    """Each of them uses what it got, and is served with it."""
    vendor.before_token = lambda: threading.Event().wait(0.5)
    ran = [process.communicate(timeout=60) for process in [calling(expired, vendor) for _ in range(2)]]
    assert [said for said, _ in ran] == ["25 served with version 2\n"] * 2, ran
    assert refreshes(vendor) == 1


@pytest.mark.parametrize("rotates", [False, True])
def test_a_process_that_is_killed_while_it_asks_holds_up_nobody_for_long(
    acme: Tenant, alice: Person, vendor: Vendor, ask: Ask, rotates: bool
) -> None:
    """Its answer is lost. Where the old refresh token went with it, somebody has to connect again."""
    vendor.manners = Manners(rotates=rotates)
    found = signed_in(acme, alice, vendor, with_app(acme, vendor))
    age(found, refreshed_at=ago(7200), expires_at=ago(3600))
    arrived, leave = vendor.will_wait()
    process = calling(found, vendor)
    assert arrived.wait(30)
    process.kill()
    process.communicate()
    leave.set()
    until(lambda: len(vendor.access) == 2)
    assert row(found).claimed_until is not None
    age(found, claimed_until=ago(1))
    if rotates:
        with pytest.raises(ConnectionExpired, match="Token has been expired or revoked"):
            ask(found)
    else:
        assert ask(found).token_version == 2


def test_it_goes_on_when_its_caller_is_gone(expired: Connection, vendor: Vendor, corridor_loop: Loop) -> None:
    arrived, leave = vendor.will_wait()
    calling = corridor_loop.start(grant_for(tenant_id=expired.tenant_id, generation=1, connection_id=expired.id))
    assert arrived.wait(10)
    calling.cancel()
    leave.set()
    until(lambda: row(expired).token_version == 2)
    corridor_loop.run(refresh.aclose())


def test_a_process_that_ends_waits_for_the_answer(expired: Connection, vendor: Vendor, own_loop: Loop) -> None:
    arrived, leave = vendor.will_wait()
    calling = own_loop.start(grant_for(tenant_id=expired.tenant_id, generation=1, connection_id=expired.id))
    assert arrived.wait(10)
    closing = own_loop.start(refresh.aclose())
    leave.set()
    closing.result(10)
    assert row(expired).token_version == 2
    assert calling.result(10).token_version == 2


def test_a_dead_refresh_token_expires_the_connection(expired: Connection, vendor: Vendor, ask: Ask) -> None:
    vendor.refresh.clear()
    with pytest.raises(ConnectionExpired, match="It says: “Token has been expired or revoked"):
        ask(expired)
    assert now(expired).state == "expired"
    assert now(expired).reason == "Chat gives no new token. It says: “Token has been expired or revoked.”"
    with pytest.raises(ConnectionExpired):
        ask(expired)
    assert refreshes(vendor) == 1


def test_it_knows_a_vendors_own_word_for_a_dead_token(acme: Tenant, alice: Person, vendor: Vendor, ask: Ask) -> None:
    way = {"error_path": "error_description", "dead_codes": ["bad_refresh_token"]}
    found = signed_in(acme, alice, vendor, with_app(acme, vendor, way=way))
    age(found, refreshed_at=ago(7200), expires_at=ago(3600))
    vendor.refusal = Answer(200, {"error": "bad_refresh_token", "error_description": "It is incorrect or expired."})
    with pytest.raises(ConnectionExpired, match="It is incorrect or expired"):
        ask(found)
    assert now(found).state == "expired"


@pytest.mark.parametrize("answer", [Answer(500, {}), Answer(401, {"error": "invalid_client"}), Answer(200, {})])
def test_any_other_failure_cools_down_and_blames_nobody_yet(
    expired: Connection, vendor: Vendor, ask: Ask, answer: Answer
) -> None:
    vendor.refusal = answer
    with pytest.raises(TokenUnavailable) as caught:
        ask(expired)
    assert (now(expired).state, row(expired).failures, row(expired).claimed_until) == ("active", 1, None)
    assert caught.value.retry_after is not None
    assert not caught.value.sent
    with pytest.raises(TokenUnavailable, match="It refused a moment ago"):
        ask(expired)
    assert refreshes(vendor) == 1
    vendor.refusal = None
    age(expired, cool_until=ago(1))
    assert (ask(expired).token_version, row(expired).failures) == (2, 0)


def test_it_says_that_nobody_answers(expired: Connection, vendor: Vendor, ask: Ask, settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = []
    with pytest.raises(TokenUnavailable, match="Chat gave no token for this call"):
        ask(expired)
    assert (refreshes(vendor), row(expired).failures) == (0, 1)


def test_a_vendor_that_refuses_for_hours_expires_the_connection(expired: Connection, vendor: Vendor, ask: Ask) -> None:
    vendor.refusal = Answer(401, {"error": "invalid_client"})
    age(expired, failures=REFUSALS_UNTIL_EXPIRED - 1)
    with pytest.raises(ConnectionExpired, match="invalid_client"):
        ask(expired)
    assert now(expired).state == "expired"


@pytest.fixture
def without_successor(acme: Tenant, alice: Person, vendor: Vendor) -> Connection:
    vendor.consented.add("ada")
    vendor.manners = Manners(first_consent_only=True)
    return signed_in(acme, alice, vendor, with_app(acme, vendor))


def test_it_does_not_hold_up_who_disconnects(without_successor: Connection, ask: Ask) -> None:
    """Who disconnects holds the connection, and then takes its credentials."""
    age(without_successor, refreshed_at=ago(7200), expires_at=ago(3600))
    with ThreadPoolExecutor(1) as thread:
        with within(without_successor.tenant_id):
            Connection.objects.select_for_update().get()
            asking = thread.submit(in_another_connection, partial(ask, without_successor))
            until(somebody_waits_for_a_lock)
            Credential.objects.all().delete()
            Connection.objects.update(state="disconnected")
        with pytest.raises(ConnectionExpired):
            asking.result(20)
    assert now(without_successor).state == "disconnected"


def test_a_token_without_a_successor_expires_its_connection(
    without_successor: Connection, vendor: Vendor, ask: Ask
) -> None:
    found = without_successor
    assert ask(found).refreshable is False
    age(found, refreshed_at=ago(7200), expires_at=ago(3600))
    with pytest.raises(ConnectionExpired, match="gave nothing to renew its token with"):
        ask(found, generation=99)
    assert (now(found).state, refreshes(vendor)) == ("expired", 0)


def test_it_tells_nothing_of_what_a_vendor_echoes(expired: Connection, vendor: Vendor, ask: Ask) -> None:
    secret = tokens(expired)[1]
    vendor.refusal = Answer(400, {"error": "invalid_grant", "error_description": f"{secret} is not good"})
    with pytest.raises(ConnectionExpired) as caught:
        ask(expired)
    assert secret not in caught.value.message + now(expired).reason
    assert "[redacted:secret] is not good" in caught.value.message


def test_it_keeps_a_token_that_came_with_a_new_address(acme: Tenant, alice: Person, vendor: Vendor, ask: Ask) -> None:
    more = {
        "base_url": "{instance_url}",
        "variables": {"instance_url": {"pattern": r"http://127\.0\.0\.1:[0-9]+", "kept": True}},
        "way": {"keep": {"instance_url": "instance_url"}},
    }
    vendor.manners = Manners(instance=vendor.url)
    found = signed_in(acme, alice, vendor, with_app(acme, vendor, **more))
    for told in ("http://127.0.0.1:7", "https://evil.example"):
        vendor.manners = Manners(instance=told)
        age(found, refreshed_at=ago(7200), expires_at=ago(3600))
        assert ask(found).base_url == vendor.url
        assert (row(found).failures, now(found).variables) == (0, {"instance_url": vendor.url})


def test_a_token_of_a_credential_that_is_gone_is_dropped(
    acme: Tenant, alice: Person, expired: Connection, vendor: Vendor, corridor_loop: Loop
) -> None:
    arrived, leave = vendor.will_wait()
    calling = corridor_loop.start(grant_for(tenant_id=acme.id, generation=1, connection_id=expired.id))
    assert arrived.wait(10)
    vendor.before_token = None
    again = signed_in_again(expired, alice, vendor)
    kept = tokens(again)
    leave.set()
    assert calling.result(20).secrets == (kept[0],)
    assert tokens(again) == kept


def test_a_failure_of_a_credential_that_is_gone_blames_nobody(
    acme: Tenant, alice: Person, expired: Connection, vendor: Vendor, corridor_loop: Loop
) -> None:
    arrived, leave = vendor.will_wait()
    calling = corridor_loop.start(grant_for(tenant_id=acme.id, generation=1, connection_id=expired.id))
    assert arrived.wait(10)
    vendor.before_token = None
    again = signed_in_again(expired, alice, vendor)
    vendor.refresh.clear()
    leave.set()
    assert calling.result(20).secrets == (tokens(again)[0],)
    assert (now(again).state, row(again).failures) == ("active", 0)


@pytest.mark.parametrize("lifetime", [10**30, -5])
def test_it_keeps_a_token_whatever_time_the_vendor_tells(
    expired: Connection, vendor: Vendor, ask: Ask, lifetime: int
) -> None:
    vendor.manners = Manners(lifetime=lifetime, refresh_lifetime=lifetime)
    assert ask(expired).token_version == 2
    assert row(expired).claimed_until is None


def test_it_keeps_no_scope_that_cannot_be_kept(expired: Connection, vendor: Vendor, ask: Ask) -> None:
    vendor.refusal = Answer(
        200, {"access_token": "t", "scope": "a \0 " + "b" * 301}, "application/x-www-form-urlencoded"
    )
    assert ask(expired).token_version == 2
    assert now(expired).scopes == ["a"]
