import pytest

from accounts.errors import Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.models import TenantTool
from registry.own_limits import set_own_limits
from tests.cast import CASTING
from tests.catalogue import Register

pytestmark = pytest.mark.django_db


def test_it_leaves_a_tenants_own_tool_to_its_facts(acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id), pytest.raises(Invalid, match="Change the tool itself"):
        set_own_limits(tool=tool, by=CASTING, changes={"quota": {"per_day": 1}})
    with platform(), pytest.raises(Invalid, match="Change the tool itself"):
        set_own_limits(tool=tool, by=CASTING, changes={"quota": {"per_day": 1}})
    with within(acme.id):
        assert not TenantTool.objects.exists()
