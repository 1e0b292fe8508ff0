from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.authenticate import authenticate
from accounts.errors import KeyExpired, KeyRevoked
from accounts.models import Agent, ApiKey, Person
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of, text_of
from tests.cast import make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(scout: Agent, scout_key: str) -> ApiKey:
    with within(scout.tenant_id):
        return ApiKey.objects.select_related("agent").get()


def age(key: ApiKey, **fields: object) -> None:
    with within(key.tenant_id):
        ApiKey.objects.filter(id=key.id).update(**fields)


def test_it_lists_keys_without_showing_them(browse: Browse, alice: Person, key: ApiKey, scout_key: str) -> None:
    page = browse(alice).page(list_of(ApiKey))
    assert scout_key[:10] in page
    assert scout_key not in page
    assert bytes(key.digest).hex() not in page
    assert "Usable" in page


@pytest.mark.parametrize(
    ("fields", "state", "shown"),
    [
        ({}, "usable", "Usable"),
        ({"expires_at": timezone.now() + timedelta(days=3)}, "soon", "Expires soon"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expired", "Expired"),
        ({"revoked_at": timezone.now()}, "revoked", "Revoked"),
    ],
)
def test_it_says_and_finds_by_the_state_of_a_key(
    browse: Browse, alice: Person, key: ApiKey, fields: dict[str, object], state: str, shown: str
) -> None:
    age(key, **fields)
    visitor = browse(alice)
    page = visitor.page(list_of(ApiKey), {"state": state})
    assert f">{shown}</span>" in page
    assert address_of(key) in page
    others = {"usable", "soon", "expired", "revoked"} - {state} - ({"usable"} if state == "soon" else set())
    assert all(address_of(key) not in visitor.page(list_of(ApiKey), {"state": other}) for other in others)


def test_it_revokes_a_key(browse: Browse, alice: Person, key: ApiKey, scout_key: str) -> None:
    visitor = browse(alice)
    assert "This cannot be undone" in visitor.page(address_of(key, "revoke"))
    assert authenticate(f"Bearer {scout_key}").agent_id == key.agent_id
    assert f"The key first ({key.prefix}…) is revoked." in visitor.done(address_of(key, "revoke"))
    with pytest.raises(KeyRevoked):
        authenticate(f"Bearer {scout_key}")
    assert address_of(key, "revoke") not in visitor.page(address_of(key))


def test_it_rotates_a_key_and_lets_the_old_one_work_on(
    browse: Browse, alice: Person, key: ApiKey, scout_key: str
) -> None:
    answer = browse(alice).post(address_of(key, "rotate"), {"overlap": "24"})
    assert answer.status_code == 200
    successor = "qm_" + text_of(answer).partition("qm_")[2].partition("<")[0]
    assert authenticate(f"Bearer {successor}").agent_id == key.agent_id
    assert authenticate(f"Bearer {scout_key}").agent_id == key.agent_id


def test_it_rotates_a_key_and_closes_the_old_one(browse: Browse, alice: Person, key: ApiKey, scout_key: str) -> None:
    browse(alice).post(address_of(key, "rotate"), {"overlap": "0"})
    with pytest.raises(KeyRevoked):
        authenticate(f"Bearer {scout_key}")


def test_it_rotates_a_key_once_however_often_the_page_is_sent(browse: Browse, alice: Person, key: ApiKey) -> None:
    visitor = browse(alice)
    visitor.post(address_of(key, "rotate"), {"overlap": "24"})
    assert "This key was rotated already." in visitor.refused(address_of(key, "rotate"), {"overlap": "24"})
    with within(key.tenant_id):
        assert ApiKey.objects.count() == 2


def test_it_refuses_to_rotate_what_works_no_more(browse: Browse, alice: Person, key: ApiKey, scout_key: str) -> None:
    age(key, expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired or revoked already" in browse(alice).refused(address_of(key, "rotate"), {"overlap": "24"})
    with within(key.tenant_id):
        assert ApiKey.objects.count() == 1
    with pytest.raises(KeyExpired):
        authenticate(f"Bearer {scout_key}")


def test_it_names_the_agent_and_the_key_before(browse: Browse, alice: Person, key: ApiKey) -> None:
    visitor = browse(alice)
    visitor.post(address_of(key, "rotate"), {"overlap": "24"})
    with within(key.tenant_id):
        successor = ApiKey.objects.get(rotated_from=key)
    page = visitor.page(address_of(successor))
    assert address_of(key.agent) in page
    assert address_of(key) in page


def test_it_shows_keys_only_to_those_who_manage_them(browse: Browse, bob: Person, key: ApiKey) -> None:
    visitor = browse(bob)
    assert visitor.get(list_of(ApiKey)).status_code == 403
    assert visitor.get(address_of(key)).status_code == 403
    assert visitor.post(address_of(key, "revoke")).status_code == 403
    assert visitor.post(address_of(key.agent, "issue-key"), {"name": "x", "expires": "30"}).status_code == 403
    with within(key.tenant_id):
        assert (ApiKey.objects.count(), ApiKey.objects.get().revoked_at) == (1, None)


def test_it_says_where_keys_come_from(browse: Browse, alice: Person) -> None:
    assert "Keys belong to agents" in browse(alice).page(list_of(ApiKey))


def test_it_finds_a_key_by_its_agent(browse: Browse, alice: Person, key: ApiKey) -> None:
    make_key(key.agent, "second")
    page = browse(alice).page(list_of(ApiKey), {"q": "scout"})
    assert "second" in page
    assert "first" in page


def test_it_says_where_a_key_may_be_used(browse: Browse, alice: Person, scout: Agent, scout_key: str) -> None:
    with within(scout.tenant_id):
        key = ApiKey.objects.get(agent=scout)
    visitor = browse(alice)
    assert "203.0.113.1/24" not in visitor.page(address_of(key))
    refused = visitor.refused(address_of(key, "networks"), {"allowed_networks": "203.0.113.1/24"})
    assert "without bits behind its prefix" in refused
    visitor.done(address_of(key, "networks"), {"allowed_networks": "203.0.113.0/24, 2001:db8::/32"})
    assert "203.0.113.0/24, 2001:db8::/32" in visitor.page(address_of(key))
