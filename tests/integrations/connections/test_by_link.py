from functools import partial
from typing import Any

import pytest

from accounts.errors import Conflict
from accounts.models import Tenant
from accounts.tenancy import within
from integrations.connections.by_link import begin_by_link, connect_by_link
from integrations.connections.disconnect import disconnect
from integrations.connections.links import bind_link, find_link, make_link
from integrations.errors import ConnectionMissing
from integrations.format.types import Connector
from integrations.models import ConnectLink, Credential, OAuthFlow
from tests.catalogue import manager_of
from tests.integrations.connections.services import imported, settled
from tests.integrations.connections.signing_in import CALLBACK, with_app
from tests.locks import in_another_connection
from tests.vendors import API_KEY, Vendor

pytestmark = pytest.mark.django_db(transaction=True)


def link(tenant: Tenant, connector: Connector, auth: str, **more: Any) -> str:
    facts: dict[str, Any] = {"by": manager_of(tenant), "auth": auth, "end_user": "ada", **more}
    return make_link(tenant_id=tenant.id, connector=connector, **facts).token


def test_it_brings_nothing_back_that_an_admin_ends_meanwhile(acme: Tenant, vendor: Vendor) -> None:
    before = settled(acme, vendor, end_user="ada")
    token = link(acme, imported(acme, vendor), "key")
    ended = partial(disconnect, tenant_id=acme.id, by=manager_of(acme), connection_id=before.id)
    vendor.before_check = partial(in_another_connection, ended)
    with pytest.raises(ConnectionMissing):
        connect_by_link(token=token, values={"key": API_KEY})
    with within(acme.id):
        assert not Credential.objects.exists()
        assert ConnectLink.objects.get().used_at is None


def begun(token: str) -> str:
    return begin_by_link(token=token, browser=bind_link(find_link(token), ""), redirect_uri=CALLBACK).url


def test_it_does_not_take_another_account_for_the_one_it_is_for(acme: Tenant, vendor: Vendor) -> None:
    way = {"authorize_url": f"{vendor.url}/{{shop}}/authorize"}
    connector = with_app(acme, vendor, way=way, variables={"shop": {"pattern": "[a-z]+"}})
    first, second = (link(acme, connector, "oauth", variables={"shop": shop}) for shop in ("north", "south"))
    assert "/north/authorize?" in begun(first)
    with pytest.raises(Conflict, match="has connected another account of Chat"):
        begun(second)
    with within(acme.id):
        assert OAuthFlow.objects.count() == 1
