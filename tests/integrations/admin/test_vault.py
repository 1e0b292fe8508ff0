import pytest
from pytest_django import Settings

from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import platform, within
from integrations.models import DataKey, Rekeying
from integrations.vault.accepted import accepted
from integrations.vault.memory import in_memory
from registry.models import Execution
from tests.browsing import Browse, address_of, list_of
from tests.integrations.vault.rekeyed import alive, execution, finish, go_through, rotate, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> None:
    in_memory.clear()


def key_of(tenant: Tenant, version: int = 1) -> DataKey:
    with within(tenant.id):
        return DataKey.objects.get(version=version)


def test_it_shows_a_tenants_admin_their_own_key(browse: Browse, alice: Person, acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        execution(tenant)
    visitor = browse(alice)
    page = visitor.page(list_of(DataKey))
    assert '<td data-label="Version">1</td>' in page
    assert "Seals</span>" in page
    assert "globex" not in page
    assert "The vault's key is in" not in page
    assert visitor.get(address_of(key_of(globex))).status_code == 404


def test_it_shows_the_platforms_owner_all(browse: Browse, platform_owner: Person, acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        execution(tenant)
    page = browse(platform_owner).page(list_of(DataKey))
    assert all(slug in page for slug in ("acme", "globex"))
    assert f'The vault\'s key is in a local file: <code class="qm-mono">{accepted().current.key_id}</code>' in page


def test_it_says_when_the_vaults_key_cannot_be_used(
    browse: Browse, platform_owner: Person, acme: Tenant, settings: Settings
) -> None:
    execution(acme)
    settings.VAULT_KEY_FILE = "/nowhere/vault.key"
    assert "key file /nowhere/vault.key does not exist" in browse(platform_owner).page(list_of(DataKey))


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_who_does_not_manage_the_tenant_sees_nothing(
    browse: Browse, acme: Tenant, who: str, request: pytest.FixtureRequest
) -> None:
    execution(acme)
    visitor = browse(request.getfixturevalue(who))
    assert visitor.get(list_of(DataKey)).status_code == 403
    assert visitor.get(address_of(key_of(acme))).status_code == 403
    assert visitor.post(address_of(key_of(acme), "rotate")).status_code == 403
    assert alive(acme) == [1]


def test_it_rotates(browse: Browse, alice: Person, acme: Tenant) -> None:
    execution(acme)
    visitor = browse(alice)
    assert "gets version 2 of its data key" in visitor.page(address_of(key_of(acme), "rotate"))
    said = visitor.done(address_of(key_of(acme), "rotate"))
    assert "A new data key seals from now on." in said
    assert "Version 2 of the data key" in said
    assert alive(acme) == [1, 2]
    with within(acme.id):
        assert Rekeying.objects.get().asked_by == f"person:{alice.id}"


def test_the_platforms_owner_rotates_anybodys(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    execution(acme)
    browse(platform_owner).done(address_of(key_of(acme), "rotate"))
    assert alive(acme) == [1, 2]
    with platform():
        assert AuditEntry.objects.get(action="data_key.rotated").tenant_id == acme.id


def test_it_offers_no_second_rotation(browse: Browse, alice: Person, acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    visitor = browse(alice)
    assert "Rotate</a>" not in visitor.page(address_of(key_of(acme, 2)))
    assert "being rotated already" in visitor.refused(address_of(key_of(acme, 2), "rotate"))
    assert alive(acme) == [1, 2]


def test_it_tells_how_far_a_rotation_is(browse: Browse, alice: Person, acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    visitor = browse(alice)
    assert "Running</span>" in visitor.page(list_of(DataKey), {"state": "rotated"})
    assert "0 of 0</span>" in visitor.page(list_of(DataKey))
    assert "Only opens</span>" in visitor.page(address_of(key_of(acme)))
    go_through(acme)
    page = visitor.page(address_of(key_of(acme, 2)))
    assert "1 of 1" in page
    assert "The old key is kept until" in page
    finish(acme)
    assert "The old key is destroyed." in visitor.page(address_of(key_of(acme, 2)))
    assert "Destroyed</span>" in visitor.page(list_of(DataKey), {"state": "destroyed"})


def test_it_goes_on_with_a_rotation_that_is_stuck(browse: Browse, alice: Person, acme: Tenant) -> None:
    row = execution(acme)
    with within(acme.id):
        Execution.objects.update(sealed_input=stored(row)[:-1])
    rotate(acme)
    visitor = browse(alice)
    assert "Go on</a>" not in visitor.page(address_of(key_of(acme, 2)))
    assert "is stuck" in visitor.refused(address_of(key_of(acme, 2), "go-on"))
    for minutes in (0, 10, 11):
        go_through(acme, minutes=minutes)
    assert "1 values do not open with the old key either" in visitor.page(address_of(key_of(acme, 2)))
    assert "Go on</a>" in visitor.page(address_of(key_of(acme, 2)))
    assert "goes on." in visitor.done(address_of(key_of(acme, 2), "go-on"), {"give_up": "on"})
    for minutes in (20, 21):
        go_through(acme, minutes=minutes)
    assert alive(acme) == [2]


def test_it_never_shows_a_key(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    execution(acme)
    wrapped = bytes(key_of(acme).wrapped)
    visitor = browse(platform_owner)
    for page in (visitor.page(list_of(DataKey)), visitor.page(address_of(key_of(acme)))):
        assert wrapped.hex()[18:50] not in page
        assert str(wrapped) not in page


def test_it_says_what_an_empty_vault_is(browse: Browse, alice: Person) -> None:
    assert "Nothing is sealed yet" in browse(alice).page(list_of(DataKey))
