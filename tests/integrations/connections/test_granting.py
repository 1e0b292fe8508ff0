import pytest

from accounts.models import Tenant
from integrations.connections import granting
from integrations.connections.connect import connect
from integrations.connections.disconnect import disconnect
from integrations.connections.rotate import rotate_credential
from integrations.egress import EgressRequest
from integrations.errors import ConnectionExpired, ConnectionMissing
from integrations.models import Connection
from integrations.vault.memory import in_memory
from tests.catalogue import manager_of
from tests.integrations.connections.conftest import Ask, age, ago, now, row
from tests.integrations.connections.services import LOGIN, imported, settled
from tests.integrations.connections.test_connect import PERSON
from tests.vendors import API_KEY, Vendor

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_puts_the_key_into_a_request(acme: Tenant, vendor: Vendor, ask: Ask) -> None:
    grant = ask(settled(acme, vendor))
    sent = grant.apply(EgressRequest("GET", f"{grant.base_url}/me"))
    assert sent.headers == {"X-Api-Key": API_KEY}
    assert (grant.base_url, set(grant.origins)) == (vendor.url, {("http", "127.0.0.1", vendor.port)})
    assert (grant.secrets, grant.refreshable) == ((API_KEY,), False)
    assert API_KEY not in repr(grant)


def test_it_puts_the_token_into_a_request(chat: Connection, vendor: Vendor, ask: Ask) -> None:
    grant = ask(chat)
    [token] = vendor.access
    assert grant.apply(EgressRequest("GET", grant.base_url)).headers == {"Authorization": f"Bearer {token}"}
    assert (grant.secrets, grant.refreshable, grant.token_version) == ((token,), True, 1)


def test_it_keeps_nothing_in_the_clear(chat: Connection, vendor: Vendor, ask: Ask) -> None:
    ask(chat)
    [kept] = granting._kept.values()
    shown = repr(vars(kept)) + repr(kept.held.values) + repr(kept.sealed)
    assert not [secret for secret in (*vendor.access, *vendor.refresh) if secret in shown]
    assert kept.held.client is None


def test_it_asks_postgresql_once(chat: Connection, ask: Ask) -> None:
    first = ask(chat, generation=7)
    age(chat, token=b"not to be read again")
    assert ask(chat, generation=7).secrets == first.secrets


def test_it_reads_again_under_another_generation(acme: Tenant, vendor: Vendor, ask: Ask) -> None:
    found = settled(acme, vendor, values={"key": "key-of-last-year"}, check=False)
    assert ask(found).secrets == ("key-of-last-year",)
    rotate_credential(
        tenant_id=acme.id, by=manager_of(acme), connection_id=found.id, values={"key": API_KEY}, overlap_seconds=0
    )
    assert ask(found).secrets == (API_KEY,)


def test_it_gives_nothing_of_a_connection_that_is_gone(acme: Tenant, chat: Connection, ask: Ask) -> None:
    ask(chat)
    disconnect(tenant_id=acme.id, by=manager_of(acme), connection_id=chat.id)
    with pytest.raises(ConnectionMissing):
        ask(chat)


def test_it_gives_nothing_to_another_tenant(acme: Tenant, globex: Tenant, chat: Connection, ask: Ask) -> None:
    chat.tenant_id = globex.id
    with pytest.raises(ConnectionMissing):
        ask(chat)


def test_it_opens_what_it_kept_when_the_data_key_is_no_longer_in_memory(chat: Connection, ask: Ask) -> None:
    first = ask(chat)
    in_memory.clear()
    assert ask(chat).secrets == first.secrets


def test_it_reads_again_what_the_newest_data_key_does_not_open(chat: Connection, ask: Ask) -> None:
    first = ask(chat)
    [(key, kept)] = granting._kept.items()
    granting._kept[key] = type(kept)(**{**vars(kept), "sealed": b"\x01\x00\x00\x00\x09" + kept.sealed[5:]})
    assert ask(chat).secrets == first.secrets


def test_it_gets_a_token_on_the_first_call_where_nobody_was_asked_before(
    acme: Tenant, vendor: Vendor, ask: Ask
) -> None:
    connector = imported(acme, vendor, auth={"login": LOGIN})
    by = manager_of(acme)
    found = connect(tenant_id=acme.id, by=by, connector=connector, auth="login", values=PERSON, check=False)
    assert row(found).token is None
    grant = ask(found)
    assert grant.secrets == tuple(vendor.access)
    assert grant.refreshable


def test_it_renews_what_the_service_refused(chat: Connection, vendor: Vendor, ask: Ask) -> None:
    first = ask(chat)
    second = ask(chat, refused=first)
    assert (second.token_version, second.secrets == first.secrets) == (2, False)
    assert len(vendor.asked("/token")) == 2  # the sign-in, and one refresh


def test_it_asks_for_nothing_where_a_newer_token_is_there(chat: Connection, vendor: Vendor, ask: Ask) -> None:
    first = ask(chat, generation=1)
    second = ask(chat, generation=2, refused=first)
    assert ask(chat, generation=1, refused=first).token_version == second.token_version == 2
    assert len(vendor.asked("/token")) == 2


def test_it_says_when_there_is_nothing_to_renew(acme: Tenant, vendor: Vendor, ask: Ask) -> None:
    grant = ask(found := settled(acme, vendor))
    with pytest.raises(ConnectionExpired, match="gave nothing to renew its token with"):
        ask(found, refused=grant)
    assert now(found).state == "active"


def test_it_refreshes_in_the_margin_and_goes_on_with_what_is_good_if_that_fails(
    chat: Connection, vendor: Vendor, ask: Ask
) -> None:
    age(chat, refreshed_at=ago(3500), expires_at=ago(-100))
    first = ask(chat)
    assert first.token_version == 2
    age(chat, refreshed_at=ago(3500), expires_at=ago(-100))
    vendor.refresh.clear()
    assert ask(chat, generation=99).secrets == first.secrets
    assert now(chat).state == "expired"
