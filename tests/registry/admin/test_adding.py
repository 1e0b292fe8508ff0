from typing import Any

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from registry.models import Tool, ToolVersion
from tests.browsing import Browse, text_of
from tests.catalogue import Register
from tests.connections import ACTIONS, Connect, make_connector

PAGE = "/admin/connectors/parcels/tools/"
BOTH = {"action": ["find", "send"]}


@pytest.fixture(autouse=True)
def parcels(acme: Tenant) -> None:
    make_connector(acme, "https://parcels.example")


def tools(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return list(Tool.objects.order_by("slug").values_list("slug", flat=True))


def asked(browse: Browse, person: Person, **fields: Any) -> str:
    """A page that is answered with 200, though it was sent."""
    answer = browse(person).post(PAGE, fields)
    assert answer.status_code == 200, text_of(answer)
    return text_of(answer)


def test_it_offers_every_action_with_what_it_costs(browse: Browse, bob: Person) -> None:
    page = browse(bob).page(PAGE)
    assert 'value="find" data-tokens="58"' in page
    assert 'value="send" data-tokens="52"' in page


def test_it_tells_first_and_writes_nothing(browse: Browse, acme: Tenant, bob: Person) -> None:
    page = asked(browse, bob, preview="yes", **BOTH)
    assert "2 tools of Parcels, about 110 tokens" in page
    assert "parcels-find" in page
    assert "New ones go out with the default connection." in page
    assert tools(acme) == []


def test_it_installs_what_was_chosen(browse: Browse, acme: Tenant, bob: Person, connect_parcels: Connect) -> None:
    chosen = connect_parcels(slug="second")
    page = browse(bob).done(PAGE, {"install": "yes", "kept": "find,send", "connection": str(chosen.id)})
    assert "Tools of Parcels: 2 added." in page
    assert "parcels-send" in page
    with within(acme.id):
        assert {tool.connection_id for tool in Tool.objects.all()} == {chosen.id}


def test_installing_again_says_what_it_publishes(browse: Browse, acme: Tenant, bob: Person) -> None:
    browse(bob).done(PAGE, {"install": "yes", **BOTH})
    changed = {**ACTIONS["find"], "parameters": {"id": {"type": "string"}}}
    make_connector(acme, "https://parcels.example", actions={"find": changed})
    page = asked(browse, bob, preview="yes", action=["find"])
    assert "1 of them would break callers of the version before." in page
    assert "2.0.0" in page
    assert "Deprecate the 1 that the connector has no more" in page
    said = browse(bob).done(PAGE, {"install": "yes", "kept": "find", "deprecate_gone": "yes"})
    assert "Tools of Parcels: 1 published in a new version." in said
    with within(acme.id):
        assert ToolVersion.objects.get(tool__slug="parcels-send").state == "deprecated"


def test_what_is_in_the_way_is_told_before(browse: Browse, acme: Tenant, bob: Person, register: Register) -> None:
    register(slug="parcels-send")
    page = asked(browse, bob, preview="yes", **BOTH)
    assert "There is another tool" in page
    assert " disabled>Install" in page
    assert "Nothing was installed." in browse(bob).refused(PAGE, {"install": "yes", **BOTH})
    assert tools(acme) == ["parcels-send"]


def test_what_was_chosen_stays_while_one_searches(browse: Browse, bob: Person) -> None:
    page = asked(browse, bob, search="yes", q="send", action=["find"])
    assert 'value="find" data-tokens="58" checked' in page
    assert 'value="send" data-tokens="52">' in page
    page = asked(browse, bob, search="yes", q="nothing at all", action=["find"])
    assert 'value="find" data-tokens="58" checked' in page


def test_all_that_match_are_chosen_however_many(browse: Browse, acme: Tenant, bob: Person) -> None:
    many = {f"list-{number}": {"description": f"List {number}.", "call": "GET /x"} for number in range(1_200)}
    make_connector(acme, "https://parcels.example", actions={**ACTIONS, **many})
    page = asked(browse, bob, all="yes", q="list")
    assert "900 chosen ones are not shown." in page
    assert page.count('type="checkbox" name="action"') == 300
    assert "1,200 tools of Parcels" in asked(browse, bob, all="yes", preview="yes", q="list")


def test_nothing_chosen_is_nothing_done(browse: Browse, acme: Tenant, bob: Person) -> None:
    for button in ("preview", "install"):
        assert "Choose at least one action." in browse(bob).refused(PAGE, {button: "yes", "action": ["gone"]})
    assert tools(acme) == []


def test_a_prefix_that_cannot_be_one_is_refused_beside_its_field(browse: Browse, acme: Tenant, bob: Person) -> None:
    page = browse(bob).refused(PAGE, {"preview": "yes", "prefix": "A B", **BOTH})
    assert 'id="id_prefix_error"><p>Give at most 20 small letters' in page
    assert 'value="find" data-tokens="58" checked' in page


def test_an_end_users_connection_is_none_to_choose(
    browse: Browse, acme: Tenant, bob: Person, connect_parcels: Connect
) -> None:
    own = connect_parcels(end_user="ada")
    browse(bob).refused(PAGE, {"install": "yes", "connection": str(own.id), **BOTH})
    assert tools(acme) == []


def test_a_viewer_may_not(browse: Browse, acme: Tenant, vera: Person) -> None:
    assert browse(vera).get(PAGE).status_code == 403
    assert browse(vera).post(PAGE, {"install": "yes", **BOTH}).status_code == 403
    assert tools(acme) == []


def test_another_tenant_has_no_such_connector(browse: Browse, acme: Tenant, mallory: Person) -> None:
    assert browse(mallory).post(PAGE, {"install": "yes", **BOTH}).status_code == 404
