"""The site itself: what can be registered, who gets in, whose tenant is shown, what bad addresses get."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from accounts.chrome.pages import TenantPages
from accounts.models import Agent, Person, Tenant
from tests.browsing import Browse, address_of, list_of, text_of

pytestmark = pytest.mark.django_db

NOBODYS_ID = "01900000-0000-7000-8000-00000000dead"


def test_it_has_only_pages_that_keep_to_their_tenant() -> None:
    assert all(isinstance(pages, TenantPages) for pages in admin.site._registry.values())


@pytest.mark.parametrize("model", [Group, PeriodicTask])
def test_it_leaves_out_what_other_packages_register(model: type) -> None:
    assert not admin.site.is_registered(model)


def test_it_offers_nothing_in_bulk(rf: object) -> None:
    assert [pages.actions for pages in admin.site._registry.values()] == [None] * len(admin.site._registry)


def test_pages_that_belong_to_no_model_have_the_same_door(browse: Browse, vera: Person) -> None:
    address = reverse("admin:connectors")
    assert browse(None).get(address)["Location"] == f"/admin/login/?next={address}"
    page = browse(vera).page(address)
    assert '<a href="/admin/">Dashboard</a>' in page
    assert 'aria-current="page">Connectors</' in page


def test_it_shows_a_stranger_the_door(browse: Browse, scout: Agent) -> None:
    answer = browse(None).get(address_of(scout))
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={address_of(scout)}")


def test_it_names_person_role_and_tenant(browse: Browse, vera: Person) -> None:
    page = browse(vera).page(list_of(Agent))
    assert "Vera" in page
    assert "Viewer" in page
    assert "Acme" in page


def test_it_shows_nobody_else_a_switch(browse: Browse, alice: Person, globex: Tenant) -> None:
    visitor = browse(alice)
    assert "switch_tenant" not in visitor.page(list_of(Agent))
    assert "Globex" not in visitor.page(list_of(Agent))
    assert visitor.post(reverse("admin:switch_tenant"), {"tenant": str(globex.id)}).status_code == 404
    assert "Acme" in visitor.page(list_of(Agent))


def test_it_lets_the_platforms_owner_switch(
    browse: Browse, platform_owner: Person, acme: Tenant, scout: Agent, globex: Tenant
) -> None:
    visitor = browse(platform_owner)
    assert "scout" not in visitor.page(list_of(Agent))
    assert "You are now in Acme." in visitor.done(reverse("admin:switch_tenant"), {"tenant": str(acme.id)})
    assert "scout" in visitor.page(list_of(Agent))


@pytest.mark.parametrize("chosen", [NOBODYS_ID, "acme", ""])
def test_it_refuses_to_switch_to_what_is_not_there(browse: Browse, platform_owner: Person, chosen: str) -> None:
    answer = browse(platform_owner).post(reverse("admin:switch_tenant"), {"tenant": chosen})
    assert answer.status_code == 404
    assert "There is no such tenant." in text_of(answer)


def test_it_switches_by_post_only(browse: Browse, platform_owner: Person) -> None:
    assert browse(platform_owner).get(reverse("admin:switch_tenant")).status_code == 405


@pytest.mark.parametrize("query", ["q=%00", "role=%00", "p=%00", "%00=1"])
def test_it_answers_a_nul_with_a_sentence(browse: Browse, alice: Person, query: str) -> None:
    answer = browse(alice).get(f"{list_of(Agent)}?{query}")
    assert answer.status_code == 400
    assert "The address holds a NUL character" in text_of(answer)


@pytest.mark.parametrize("query", ["password=x", "password__startswith=pbkdf2", "tenant__slug=globex", "nonsense=1"])
def test_it_lets_nobody_probe_columns(browse: Browse, alice: Person, query: str) -> None:
    assert browse(alice).get(f"{list_of(Person)}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["p=x", "p=-1", "p=99999999999", "o=9.x", "o=999", "e=1", "all=", "_facets=True"])
def test_it_shows_a_list_whatever_the_address_says(browse: Browse, alice: Person, scout: Agent, query: str) -> None:
    answer = browse(alice).get(f"{list_of(Agent)}?{query}")
    assert answer.status_code in (200, 302)


@pytest.mark.parametrize("id_", ["x", "0", "_00", NOBODYS_ID])
def test_it_knows_no_object_of_a_made_up_id(browse: Browse, alice: Person, id_: str) -> None:
    assert browse(alice).get(f"/admin/accounts/agent/{id_}/change/").status_code == 404


def test_it_finds_pages_by_name_in_the_sidebars_search(browse: Browse, alice: Person) -> None:
    assert "Agents" in browse(alice).page(reverse("admin:search"), {"s": "agent"})


def test_it_signs_out_by_post_and_says_so(browse: Browse, alice: Person) -> None:
    visitor = browse(alice)
    assert visitor.get(reverse("admin:logout")).status_code == 405
    assert "You are signed out." in visitor.done(reverse("admin:logout"))
    assert visitor.get(list_of(Agent)).status_code == 302


@pytest.mark.parametrize("address", ["/admin/accounts/", "/admin/registry/"])
def test_it_has_no_page_for_a_floor(browse: Browse, alice: Person, address: str) -> None:
    assert browse(alice).get(address)["Location"] == "/admin/"
