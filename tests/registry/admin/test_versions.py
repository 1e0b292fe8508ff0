from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Person
from accounts.tenancy import platform, within
from registry.models import Tool, ToolVersion
from registry.models.version import VersionState
from registry.register import register_tool
from tests.browsing import Browse, address_of, list_of
from tests.cast import CASTING
from tests.catalogue import Register

pytestmark = pytest.mark.django_db


@pytest.fixture
def tool(register: Register) -> Tool:
    return register(output_schema={"type": "object"}, system_prompt="Prefer the <e-mail>.", permissions=["network"])


@pytest.fixture
def version(tool: Tool, bob: Person) -> ToolVersion:
    with within(bob.tenant_id):
        return ToolVersion.objects.get(tool=tool)


def now(version: ToolVersion, bob: Person) -> ToolVersion:
    with within(bob.tenant_id):
        return ToolVersion.objects.get(id=version.id)


def test_it_lists_versions(browse: Browse, bob: Person, version: ToolVersion) -> None:
    visitor = browse(bob)
    assert address_of(version) in visitor.page(list_of(ToolVersion))
    assert address_of(version) in visitor.page(list_of(ToolVersion), {"state": "published", "transport": "http"})
    assert address_of(version) not in visitor.page(list_of(ToolVersion), {"state": "retired"})
    assert address_of(version) in visitor.page(list_of(ToolVersion), {"q": "crm"})


def test_it_shows_schemas_and_the_rest(browse: Browse, bob: Person, version: ToolVersion) -> None:
    page = browse(bob).page(address_of(version))
    assert '<span class="qm-json-key">"input_schema"</span>' not in page
    assert '<span class="qm-json-key">"account"</span>' in page
    assert "Prefer the <e-mail>." in page
    assert "network" in page


def test_it_deprecates_a_version_with_a_sunset(browse: Browse, bob: Person, version: ToolVersion) -> None:
    visitor = browse(bob)
    assert "only when no published version fits" in visitor.page(address_of(version, "deprecate"))
    end = (timezone.now() + timedelta(days=30)).replace(second=0, microsecond=0)
    visitor.done(address_of(version, "deprecate"), {"sunset_at": end.strftime("%Y-%m-%dT%H:%M")})
    assert (now(version, bob).state, now(version, bob).sunset_at) == (VersionState.DEPRECATED, end)
    assert end.strftime("%Y-%m-%dT%H:%M") in visitor.page(address_of(version, "deprecate"))
    assert "in 29 d" in visitor.page(list_of(ToolVersion))


@pytest.mark.parametrize(
    ("sunset", "said"), [("2020-01-01T00:00", "Give a time in the future"), ("soon", "Enter a valid date/time.")]
)
def test_it_refuses_a_sunset_that_has_passed(
    browse: Browse, bob: Person, version: ToolVersion, sunset: str, said: str
) -> None:
    assert said in browse(bob).refused(address_of(version, "deprecate"), {"sunset_at": sunset})
    assert now(version, bob).state == VersionState.PUBLISHED


def test_it_retires_a_version_for_good(browse: Browse, bob: Person, version: ToolVersion) -> None:
    visitor = browse(bob)
    assert "It cannot be undone." in visitor.page(address_of(version, "retire"))
    visitor.done(address_of(version, "retire"))
    assert now(version, bob).state == VersionState.RETIRED
    assert address_of(version, "retire") not in visitor.page(address_of(version))
    assert "is retired, and stays so" in visitor.refused(address_of(version, "deprecate"))


def test_it_changes_nothing_else(browse: Browse, alice: Person, version: ToolVersion) -> None:
    visitor = browse(alice)
    assert visitor.post(address_of(version), {"timeout_ms": "1"}).status_code == 403
    assert visitor.get("/admin/registry/toolversion/add/").status_code == 403
    assert visitor.post(address_of(version, "delete"), {"post": "yes"}).status_code == 403
    assert now(version, alice).timeout_ms == version.timeout_ms


def test_it_leaves_versions_of_shared_tools_to_the_platforms_owner(
    browse: Browse, alice: Person, platform_owner: Person
) -> None:
    spec = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin"}
    with platform():
        register_tool(by=CASTING, spec={**spec, "definition": {"function": "clock"}}, shared=True)
        shared = ToolVersion.objects.get(tool__slug="clock")
    visitor = browse(alice)
    assert address_of(shared, "retire") not in visitor.page(address_of(shared))
    assert visitor.post(address_of(shared, "retire")).status_code == 403
    browse(platform_owner).done(address_of(shared, "deprecate"), {"sunset_at": ""})
    assert now(shared, alice).state == VersionState.DEPRECATED
