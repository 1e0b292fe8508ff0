from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.connections.links import MadeLink, bind_link, find_link, make_link, use_up
from integrations.connections.oauth.secrets import digest
from integrations.models import ConnectLink
from tests.catalogue import manager_of
from tests.integrations.connections.services import imported, oauth
from tests.integrations.connections.signing_in import with_app
from tests.vendors import Vendor


def made(tenant: Tenant, vendor: Vendor, **more: Any) -> MadeLink:
    facts: dict[str, Any] = {"by": manager_of(tenant), "auth": "key", "end_user": "ada", **more}
    return make_link(tenant_id=tenant.id, connector=imported(tenant, vendor), **facts)


def test_it_keeps_a_digest_of_what_it_gives_out(acme: Tenant, vendor: Vendor) -> None:
    found = made(acme, vendor)
    assert bytes(found.link.token_digest) == digest(found.token)
    assert found.token not in repr(found)
    assert find_link(found.token) == found.link
    with within(acme.id):
        assert AuditEntry.objects.get(action="connect_link.made").detail == {"connector": "chat", "auth": "key"}


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"end_user": ""}, "$.end_user"),
        ({"end_user": "a\nb"}, "$.end_user"),
        ({"end_user": "a" * 201}, "$.end_user"),
        ({"return_to": "javascript:alert(1)"}, "$.return_to"),
        ({"return_to": "/here"}, "$.return_to"),
        ({"return_to": "https://["}, "$.return_to"),
        ({"seconds": 59}, "$.seconds"),
        ({"seconds": 8 * 86_400}, "$.seconds"),
        ({"variables": {"host": "x"}}, "$.variables.host"),
    ],
)
def test_it_refuses_what_makes_no_link(acme: Tenant, vendor: Vendor, facts: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        made(acme, vendor, **facts)
    assert [fault.path for fault in caught.value.faults] == [path]
    with within(acme.id):
        assert not ConnectLink.objects.exists()


def test_it_refuses_those_who_may_not_and_ways_that_there_are_not(acme: Tenant, vendor: Vendor) -> None:
    by = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        made(acme, vendor, by=by)
    with pytest.raises(NotFound, match="has no way `oauth`"):
        made(acme, vendor, auth="oauth")


def test_it_sends_nobody_to_a_vendor_without_an_app(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor, auth={"oauth": oauth(vendor)})
    facts: dict[str, Any] = {"by": manager_of(acme), "auth": "oauth", "end_user": "ada"}
    with pytest.raises(Conflict, match="register an app there"):
        make_link(tenant_id=acme.id, connector=connector, **facts)
    with within(acme.id):
        assert not ConnectLink.objects.exists()
    with_app(acme, vendor)
    assert make_link(tenant_id=acme.id, connector=connector, **facts).link.auth == "oauth"


def test_it_is_good_in_the_browser_that_opens_it_first(acme: Tenant, vendor: Vendor) -> None:
    found = made(acme, vendor)
    browser = bind_link(found.link, "")
    assert bind_link(found.link, browser) == browser
    for other in ("", "another-browser"):
        with pytest.raises(Forbidden, match="opened in another browser"):
            bind_link(found.link, other)


def test_it_is_good_once_and_for_a_while(acme: Tenant, vendor: Vendor) -> None:
    used, late = made(acme, vendor), made(acme, vendor)
    with within(acme.id):
        use_up(used.link)
        ConnectLink.objects.filter(id=late.link.id).update(expires_at=timezone.now() - timedelta(seconds=1))
        for link in (used.link, late.link):
            with pytest.raises(Forbidden, match="used up or has expired"):
                use_up(link)
    for token in (used.token, late.token, "made-up", ""):
        with pytest.raises(NotFound, match="used up or has expired"):
            find_link(token)
