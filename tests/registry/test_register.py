import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.caller import Caller, System
from accounts.errors import Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from registry.batch import Registered, register_tools
from registry.errors import SlugTaken
from registry.models import Tool, ToolVersion
from registry.register import register_tool
from tests.catalogue import FIND_CONTACT, manager_of

INSTALLATION = System("tests")


def spec(**changes: Any) -> dict[str, Any]:
    return {**FIND_CONTACT, **changes}


def register(tenant: Tenant, **changes: Any) -> Tool:
    with within(tenant.id):
        return register_tool(by=manager_of(tenant), spec=spec(**changes))


def share(**changes: Any) -> Tool:
    with platform():
        return register_tool(by=INSTALLATION, spec=spec(**changes), shared=True)


def slugs() -> list[str]:
    with platform():
        return sorted(Tool.objects.values_list("slug", flat=True))


def faults(tenant: Tenant, **changes: Any) -> list[str]:
    """The paths of what is refused, after a look that nothing was kept."""
    with pytest.raises(Invalid) as refusal:
        register(tenant, **changes)
    assert slugs() == []
    return [fault.path for fault in refusal.value.faults]


def test_it_makes_a_tool_with_its_first_version_and_its_health(acme: Tenant) -> None:
    tool = register(acme, category="crm", capabilities={"operations": ["find_contact"]}, retries={"attempts": 3})
    with within(acme.id):
        kept = Tool.objects.select_related("health").get(id=tool.id)
        version = ToolVersion.objects.get(tool=tool)
    assert (kept.slug, kept.name, kept.category, kept.tenant_id) == ("crm-find", "Find contact", "crm", acme.id)
    assert kept.capabilities == {"operations": ["find_contact"]}
    assert (version.version, version.transport, version.state) == ("1.0.0", "http", "published")
    assert (version.input_schema, version.retries) == (FIND_CONTACT["input_schema"], {"attempts": 3})
    assert (kept.health.status, kept.health.retire_at, kept.health.probe_at) == ("unknown", None, None)


def test_it_records_the_registration_and_makes_processes_look_again(acme: Tenant) -> None:
    tool = register(acme)
    with within(acme.id):
        entry = AuditEntry.objects.get(action="tool.registered")
        assert entry.subject == f"tool:{tool.id}"
        assert (entry.detail["slug"], entry.detail["version"]) == ("crm-find", "1.0.0")
        assert Tenant.objects.get().generation == acme.generation + 1


def test_it_plans_the_first_probe_and_the_end_of_a_tool_that_never_reports(acme: Tenant) -> None:
    health = register(acme, health_endpoint="http://crm:8000/health", retire_after_seconds=3600).health
    assert health.probe_at is not None
    assert health.retire_at is not None
    assert (health.retire_at - health.probe_at).total_seconds() == 3600


def test_it_takes_a_tool_that_has_endpoints_alone(acme: Tenant) -> None:
    endpoints = {"stamp": "https://stamps.example/stamp", "validate": "https://stamps.example/validate"}
    with within(acme.id):
        tool = register_tool(
            by=manager_of(acme), spec={"slug": "stamps", "name": "Stamps", "version": "1.0.0", "endpoints": endpoints}
        )
        assert ToolVersion.objects.get(tool=tool).endpoints == endpoints


def test_it_refuses_a_slug_that_the_tenant_uses(acme: Tenant) -> None:
    register(acme)
    with pytest.raises(SlugTaken, match="There is a tool `crm-find` already"):
        register(acme, name="Another")
    assert slugs() == ["crm-find"]


def test_it_lets_two_tenants_use_one_slug(acme: Tenant, globex: Tenant) -> None:
    register(acme)
    register(globex)
    assert slugs() == ["crm-find", "crm-find"]


def test_it_refuses_a_slug_that_all_share(acme: Tenant) -> None:
    share()
    with pytest.raises(SlugTaken, match="all tenants share"):
        register(acme)
    assert slugs() == ["crm-find"]


def test_it_shares_no_slug_that_a_tenant_uses(acme: Tenant) -> None:
    register(acme)
    with pytest.raises(SlugTaken):
        share()
    assert slugs() == ["crm-find"]


def test_it_lets_only_the_platforms_owner_share(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(Forbidden):
        register_tool(by=manager_of(acme), spec=spec(), shared=True)
    owner = Caller(**{**vars(manager_of(acme)), "is_platform_owner": True})
    with platform():
        assert register_tool(by=owner, spec=spec(), shared=True).tenant_id is None


def test_it_tells_every_tenant_of_a_shared_tool(acme: Tenant, globex: Tenant) -> None:
    share()
    with platform():
        assert set(Tenant.objects.values_list("generation", flat=True)) == {2}


def test_it_never_shares_by_accident(acme: Tenant) -> None:
    with platform(), pytest.raises(ValueError, match="platform's scope"):
        register_tool(by=INSTALLATION, spec=spec())
    with within(acme.id), pytest.raises(ValueError, match="platform's scope"):
        register_tool(by=INSTALLATION, spec=spec(), shared=True)
    assert slugs() == []


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"colour": "red"}, ["$.colour"]),
        ({"slug": "batch"}, ["$.slug"]),
        ({"capabilities": ["stamp"]}, ["$.capabilities"]),
        ({"metadata": "x"}, ["$.metadata"]),
        ({"metadata": {"x": "y" * 70_000}}, ["$.metadata"]),
        ({"excluded_providers": "openai"}, ["$.excluded_providers"]),
        ({"excluded_providers": ["openai", 5, "", "x" * 65]}, [f"$.excluded_providers[{n}]" for n in (1, 2, 3)]),
        ({"permissions": {}}, ["$.permissions"]),
        ({"permissions": ["x"] * 101}, ["$.permissions"]),
        ({"rate_limit": 5}, ["$.rate_limit"]),
        ({"rate_limit": {}}, ["$.rate_limit"]),
        ({"rate_limit": {"per_minute": 0, "burst": True}}, ["$.rate_limit.per_minute", "$.rate_limit.burst"]),
        ({"rate_limit": {"per_minute": 60, "per_day": 5}}, ["$.rate_limit.per_day"]),
        ({"concurrency": {"most": 0}}, ["$.concurrency.most"]),
        ({"quota": {"per_day": 1, "without_redis": "maybe"}}, ["$.quota.without_redis"]),
        ({"retries": {"attempts": 11}}, ["$.retries.attempts"]),
        ({"retries": []}, ["$.retries"]),
        ({"health_endpoint": "ftp://crm.example/"}, ["$.health_endpoint"]),
        ({"health_endpoint": "HTTP://crm.example/"}, ["$.health_endpoint"]),
        ({"health_endpoint": "http://"}, ["$.health_endpoint"]),
        ({"health_endpoint": "http://crm.example/" + "x" * 2000}, ["$.health_endpoint"]),
        ({"description": "x" * 100_001}, ["$.description"]),
        ({"stale_after_seconds": 0}, ["$.stale_after_seconds"]),
        ({"retire_after_seconds": 0}, ["$.retire_after_seconds"]),
        ({"version": "1.0"}, ["$.version"]),
        ({"version": "v1.0.0"}, ["$.version"]),
        ({"version": "1.0.0\n"}, ["$.version"]),
        ({"input_schema": {"type": "strng"}}, ["$.input_schema.type"]),
        ({"input_schema": {"$ref": "file:///etc/passwd"}}, ['$.input_schema["$ref"]']),
        ({"output_schema": {"$ref": "http://evil.example/"}}, ['$.output_schema["$ref"]']),
        ({"output_schema": []}, ["$.output_schema"]),
        ({"definition": []}, ["$.definition"]),
        ({"endpoints": []}, ["$.endpoints"]),
        ({"endpoints": {"stamp": "ftp://x", "": 5}}, ["$.endpoints.stamp", "$.endpoints"]),
        ({"endpoints": {"stamp": "https://stamps.example/"}}, ["$.endpoints"]),
        ({"timeout_ms": 600_001}, ["$.timeout_ms"]),
        ({"timeout_ms": 0}, ["$.timeout_ms"]),
        ({"cache_seconds": 10**9}, ["$.cache_seconds"]),
        ({"system_prompt": "x" * 100_001}, ["$.system_prompt"]),
        ({"transport": "carrier-pigeon"}, ["$.transport"]),
        ({"transport": "builtin", "definition": {"function": "fly"}}, ["$.definition.function"]),
        ({"definition": {"method": "POST"}}, ["$.definition.url"]),
        (
            {"definition": {"method": [], "url": 5, "query": {"q": 5}, "body": "x"}},
            ["$.definition.method", "$.definition.url", "$.definition.query.q", "$.definition.body"],
        ),
    ],
)
def test_it_names_what_is_wrong(acme: Tenant, changes: dict[str, Any], paths: list[str]) -> None:
    assert faults(acme, **changes) == paths


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "Not A Slug"},
        {"slug": "x" * 65},
        {"slug": ""},
        {"name": ""},
        {"name": "x" * 201},
        {"category": "x" * 65},
        {"source": "elsewhere"},
        {"node_type": "monad"},
        {"stale_after_seconds": None},
        {"stale_after_seconds": -1},
        {"timeout_ms": 10**12},
        {"version": ""},
        {"transport": ""},
    ],
)
def test_it_refuses_a_field_of_a_wrong_kind(acme: Tenant, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        register(acme, **changes)
    assert list(refusal.value.message_dict) == list(changes)
    assert slugs() == []


def test_it_registers_a_batch_with_an_outcome_for_each(acme: Tenant) -> None:
    with within(acme.id):
        specs = [spec(slug="one"), spec(slug="two", version="x"), spec(slug="one"), spec(slug="three", name="")]
        outcomes = register_tools(by=manager_of(acme), specs=specs, atomic=False)
    assert [outcome.error and outcome.error.status for outcome in outcomes] == [None, 422, 409, 422]
    assert [outcome.slug for outcome in outcomes] == ["one", "two", "one", "three"]
    assert slugs() == ["one"]


def test_it_registers_all_of_an_atomic_batch_or_none(acme: Tenant) -> None:
    with within(acme.id):
        specs = [spec(slug="one"), spec(slug="two", version="x")]
        outcomes = register_tools(by=manager_of(acme), specs=specs, atomic=True)
    assert [outcome.error and outcome.error.status for outcome in outcomes] == [409, 422]
    assert slugs() == []
    with within(acme.id):
        assert AuditEntry.objects.filter(action="tool.registered").count() == 0
        assert Tenant.objects.get().generation == acme.generation


def test_it_spoils_an_atomic_batch_with_what_the_door_could_not_read(acme: Tenant) -> None:
    unreadable = Registered("", error=Invalid())
    with within(acme.id):
        outcomes = register_tools(by=manager_of(acme), specs=[spec(), unreadable], atomic=True)
    assert [outcome.error and outcome.error.status for outcome in outcomes] == [409, 422]
    assert slugs() == []


def test_it_tells_processes_once_about_a_batch(acme: Tenant) -> None:
    with within(acme.id):
        register_tools(by=manager_of(acme), specs=[spec(slug="one"), spec(slug="two")], atomic=True)
        assert Tenant.objects.get().generation == acme.generation + 1
    assert slugs() == ["one", "two"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "kinds", [["tenant"] * 8, ["shared", "tenant"] * 4], ids=["a tenant's", "shared and a tenant's"]
)
def test_it_makes_one_tool_of_many_registrations_at_once(acme: Tenant, kinds: list[str]) -> None:
    start, outcomes = threading.Barrier(len(kinds)), []

    def run(kind: str) -> None:
        start.wait()
        try:
            share() if kind == "shared" else register(acme)
            outcomes.append("registered")
        except SlugTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[kind]) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["registered", *["taken"] * 7]
    assert slugs() == ["crm-find"]


@pytest.mark.django_db(transaction=True)
def test_it_lets_batches_in_any_order_pass_each_other(acme: Tenant) -> None:
    start, outcomes = threading.Barrier(2), []

    def run(names: list[str]) -> None:
        start.wait()
        with within(acme.id):
            specs = [spec(slug=name) for name in names]
            outcomes.extend(register_tools(by=manager_of(acme), specs=specs, atomic=False))
        connection.close()

    names = [f"tool-{number}" for number in range(10)]
    threads = [threading.Thread(target=run, args=[order]) for order in (names, names[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.error.status for outcome in outcomes if outcome.error] == [409] * 10
    assert slugs() == sorted(names)
