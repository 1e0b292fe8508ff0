import pytest

from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.models import AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from registry.models import TenantTool, Tool
from registry.purge import purge_cache
from registry.register import register_tool
from tests.browsing import Browse, address_of
from tests.cast import CASTING
from tests.catalogue import Register
from tests.doors import Api

pytestmark = pytest.mark.django_db


def test_it_purges_a_tool_by_the_api(acme: Tenant, api: Api, register: Register) -> None:
    tool = register(cache_seconds=60)
    with within(acme.id):
        acme.refresh_from_db()
    before = acme.generation
    assert api.post("tools/crm-find/purge-cache/").status_code == 204
    with within(acme.id):
        tool.refresh_from_db()
        acme.refresh_from_db()
        assert AuditEntry.objects.filter(action="tool.cache_purged", subject=f"tool:{tool.id}").count() == 1
    assert (tool.cache_epoch, acme.generation) == (1, before + 1)


def test_it_purges_a_shared_tool_for_one_tenant(acme: Tenant, globex: Tenant) -> None:
    with platform():
        spec = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin"}
        tool = register_tool(by=CASTING, spec={**spec, "definition": {"function": "clock"}}, shared=True)
    with within(acme.id):
        purge_cache(tool=tool, by=CASTING)
        assert TenantTool.objects.get().cache_epoch == 1
    with within(globex.id):
        assert not TenantTool.objects.exists()
    with platform():
        purge_cache(tool=tool, by=CASTING)
        assert Tool.objects.get().cache_epoch == 1


def test_it_purges_nothing_for_a_viewer(acme: Tenant, register: Register, spy_api: Api) -> None:
    tool = register(cache_seconds=60)
    viewer = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.VIEWER)
    with within(acme.id), pytest.raises(Forbidden):
        purge_cache(tool=tool, by=viewer)
    assert spy_api.post("tools/crm-find/purge-cache/").status_code == 404
    with within(acme.id):
        assert Tool.objects.get().cache_epoch == 0


def test_it_offers_the_button_where_something_is_cached(browse: Browse, bob: Person, register: Register) -> None:
    visitor = browse(bob)
    assert "Purge cache" not in visitor.page(address_of(register(slug="plain")))
    tool = register(cache_seconds=60)
    assert "Purge cache" in visitor.page(address_of(tool))
    assert "What was kept of crm-find's answers is thrown away." in visitor.done(address_of(tool, "purge-cache"))
