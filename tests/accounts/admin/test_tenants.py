import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import platform
from tests.browsing import Browse, address_of, list_of

pytestmark = pytest.mark.django_db

DECIDED = {"default_decision": "allow", "destructive_decision": "deny"}

ADD = "/admin/accounts/tenant/add/"


def slugs() -> list[str]:
    with platform():
        return list(Tenant.objects.values_list("slug", flat=True))


def test_it_shows_everybody_their_own_tenant(browse: Browse, vera: Person, acme: Tenant, globex: Tenant) -> None:
    visitor = browse(vera)
    page = visitor.page(list_of(Tenant))
    assert "acme" in page
    assert "globex" not in page
    assert "Switch to this tenant" not in visitor.page(address_of(acme))
    assert visitor.get(address_of(globex)).status_code == 404


def test_it_shows_the_platforms_owner_all(
    browse: Browse, platform_owner: Person, alice: Person, bob: Person, globex: Tenant
) -> None:
    page = browse(platform_owner).page(list_of(Tenant))
    assert all(slug in page for slug in ("acme", "globex", "platform-team"))
    assert '<td data-label="People">2</td>' in page
    assert page.count(">here</span>") == 1


def test_it_leads_the_platforms_owner_into_a_tenant(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    visitor = browse(platform_owner)
    assert "Switch to this tenant" in visitor.page(address_of(acme))
    visitor.done("/admin/tenant/", {"tenant": str(acme.id)})
    assert "Switch to this tenant" not in visitor.page(address_of(acme))


def test_it_tells_a_tenants_history(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    assert "tenant.created" in browse(platform_owner).page(address_of(acme, "history"))


def test_it_makes_a_tenant(browse: Browse, platform_owner: Person) -> None:
    visitor = browse(platform_owner)
    assert "sees nobody else's" in visitor.page(ADD)
    assert "Tenant Initech is made." in visitor.done(ADD, {"name": "Initech", "slug": "initech"})
    assert slugs() == ["initech", "platform-team"]


def test_it_says_why_a_tenant_cannot_be_made(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    said = browse(platform_owner).refused(ADD, {"name": "Acme", "slug": "acme"})
    assert "There is a tenant <code>acme</code> already." in said
    assert slugs() == ["acme", "platform-team"]


def test_it_lets_nobody_else_make_one(browse: Browse, alice: Person) -> None:
    assert browse(alice).get(ADD).status_code == 403
    assert browse(alice).post(ADD, {"name": "Initech", "slug": "initech"}).status_code == 403
    assert slugs() == ["acme"]


def test_it_lets_the_platforms_owner_set_name_and_limit(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    fields = {"name": "Acme Robotics", **DECIDED, "rate_limit": '{"per_minute": 600}'}
    assert "Acme Robotics is changed." in browse(platform_owner).done(address_of(acme, "edit"), fields)
    with platform():
        changed = Tenant.objects.get(id=acme.id)
    assert (changed.name, changed.rate_limit) == ("Acme Robotics", {"per_minute": 600})


def test_it_lets_nobody_shut_themselves_out(browse: Browse, alice: Person, acme: Tenant) -> None:
    fields = {"name": "Acme", **DECIDED, "allowed_networks": "203.0.113.0/24"}
    said = browse(alice).refused(address_of(acme, "edit"), fields)
    assert "Your own address 127.0.0.1 is not in these networks" in said
    browse(alice).done(address_of(acme, "edit"), fields | {"allowed_networks": "203.0.113.0/24\n127.0.0.0/8"})
    with platform():
        assert Tenant.objects.get(id=acme.id).allowed_networks == ["203.0.113.0/24", "127.0.0.0/8"]


def test_it_says_why_a_limit_will_not_do(browse: Browse, platform_owner: Person, acme: Tenant) -> None:
    said = browse(platform_owner).refused(
        address_of(acme, "edit"), {"name": "Acme", **DECIDED, "rate_limit": '{"burst": 1}'}
    )
    assert "Give <code>per_second</code> or <code>per_minute</code>" in said


def test_it_lets_a_tenant_change_its_name_and_nothing_else(browse: Browse, alice: Person, acme: Tenant) -> None:
    visitor = browse(alice)
    assert "Rate limit <" not in visitor.page(address_of(acme, "edit"))
    fields = {"name": "Acme Robotics", **DECIDED, "rate_limit": '{"per_minute": 600}'}
    visitor.done(address_of(acme, "edit"), fields)
    with platform():
        changed = Tenant.objects.get(id=acme.id)
    assert (changed.name, changed.rate_limit, changed.slug) == ("Acme Robotics", None, "acme")


def test_it_lets_a_tenant_say_how_long_its_people_have_to_decide(browse: Browse, alice: Person, acme: Tenant) -> None:
    visitor = browse(alice)
    said = visitor.done(address_of(acme, "edit"), {"name": "Acme", **DECIDED, "approval_expires_seconds": "900"})
    assert "<dt>Time to decide about a call</dt><dd>900 s</dd>" in said
    assert "greater than or equal to 10" in visitor.refused(
        address_of(acme, "edit"), {"name": "Acme", **DECIDED, "approval_expires_seconds": "5"}
    )


def test_it_lets_an_operator_change_nothing(browse: Browse, bob: Person, acme: Tenant) -> None:
    assert browse(bob).post(address_of(acme), {"name": "Bob's"}).status_code == 403
    with platform():
        assert Tenant.objects.get(id=acme.id).name == "Acme"
