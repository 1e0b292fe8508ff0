import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, connection

from accounts.errors import Forbidden, Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.errors import BreakingChange, ToolNotFound, VersionTaken
from registry.models import Tool, ToolVersion
from registry.publish import publish_version
from tests.catalogue import FIND_CONTACT, Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share

SCHEMA = FIND_CONTACT["input_schema"]
NARROWER = {**SCHEMA, "required": ["account", "email"]}
WIDER = {**SCHEMA, "properties": {**SCHEMA["properties"], "phone": {"type": "string"}}}


def publish(tenant: Tenant, tool: Tool, version: str, **spec: Any) -> ToolVersion:
    with within(tenant.id):
        return publish_version(tool=tool, by=manager_of(tenant), spec={"version": version, **spec})


def versions(tool: Tool) -> list[str]:
    with platform():
        return sorted(ToolVersion.objects.filter(tool=tool).values_list("version", flat=True))


def test_it_publishes_a_version(acme: Tenant, register: Register) -> None:
    tool = register()
    before = generation(acme)
    version = publish(acme, tool, "1.1.0", input_schema=WIDER, timeout_ms=100)
    assert (version.version, version.state, version.input_schema, version.timeout_ms) == (
        "1.1.0",
        "published",
        WIDER,
        100,
    )
    entry = last_entry("version.published")
    assert (entry.subject, entry.detail) == (f"version:{version.id}", {"tool": str(tool.id), "version": "1.1.0"})
    assert generation(acme) == before + 1


def test_it_carries_over_what_is_left_out(acme: Tenant, register: Register) -> None:
    tool = register(retries={"attempts": 3}, read_only=True)
    publish(acme, tool, "2.0.0", retries={"attempts": 5})
    version = publish(acme, tool, "1.0.1")
    assert (version.retries, version.read_only, version.input_schema) == ({"attempts": 3}, True, SCHEMA)
    assert publish(acme, tool, "0.9.0").retries == {"attempts": 5}


def test_it_refuses_what_breaks_callers_and_says_what(acme: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(BreakingChange) as refusal:
        publish(acme, tool, "1.1.0", input_schema=NARROWER)
    assert [(fault.path, fault.message) for fault in refusal.value.faults] == [
        ("$.input_schema.required", "`email` is required now.")
    ]
    assert "1.0.0" in refusal.value.message
    assert "publish it as 2.0.0" in refusal.value.message
    assert versions(tool) == ["1.0.0"]
    assert actions() == ["tool.registered"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("1.0.0", "2.0.0"), ("0.1.0", "0.2.0"), ("0.9.0", "1.0.0"), ("1.0.0", "1.1.0-rc.1"), ("1.0.0-rc.1", "1.0.0")],
)
def test_it_lets_a_version_break_that_says_so(acme: Tenant, register: Register, first: str, second: str) -> None:
    tool = register(version=first)
    publish(acme, tool, second, input_schema=NARROWER)
    assert versions(tool) == sorted([first, second])


@pytest.mark.parametrize(("first", "second"), [("0.1.0", "0.1.1"), ("1.0.0", "1.0.1"), ("1.0.0", "1.7.0")])
def test_it_lets_no_other_version_break(acme: Tenant, register: Register, first: str, second: str) -> None:
    tool = register(version=first)
    with pytest.raises(BreakingChange):
        publish(acme, tool, second, input_schema=NARROWER)
    assert versions(tool) == [first]


def test_it_compares_a_release_with_the_release_before_it(acme: Tenant, register: Register) -> None:
    tool = register()
    publish(acme, tool, "1.1.0-rc.1", input_schema=NARROWER)
    with pytest.raises(BreakingChange, match=r"callers of 1\.0\.0"):
        publish(acme, tool, "1.1.0", input_schema=NARROWER)
    publish(acme, tool, "1.1.0", input_schema=SCHEMA)


@pytest.mark.parametrize("version", ["1.2.0", "1.2.0+build", "1.1.9", "1.2.0-rc.1"])
def test_it_refuses_a_version_that_does_not_come_after_its_line(acme: Tenant, register: Register, version: str) -> None:
    tool = register(version="1.2.0")
    if version == "1.1.9":
        publish(acme, tool, "1.1.9")
    with pytest.raises(VersionTaken) as refusal:
        publish(acme, tool, version)
    assert refusal.value.faults[0].path == "$.version"
    assert versions(tool) == (["1.1.9", "1.2.0"] if version == "1.1.9" else ["1.2.0"])


def test_it_lets_an_older_line_go_on(acme: Tenant, register: Register) -> None:
    tool = register(version="1.2.0")
    publish(acme, tool, "2.0.0")
    publish(acme, tool, "1.1.0")
    publish(acme, tool, "1.2.1")
    assert versions(tool) == ["1.1.0", "1.2.0", "1.2.1", "2.0.0"]


@pytest.mark.parametrize("version", ["1.1", "", "v1.1.0", "1.1.0\n", "1.1.0-" + "x" * 64, None, 5])
def test_it_refuses_what_is_no_version(acme: Tenant, register: Register, version: Any) -> None:
    tool = register()
    with pytest.raises(Invalid) as refusal:
        publish(acme, tool, version)
    assert [fault.path for fault in refusal.value.faults] == ["$.version"]
    assert versions(tool) == ["1.0.0"]


def test_it_refuses_bad_facts(acme: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(Invalid) as refusal:
        publish(acme, tool, "1.1.0", input_schema={"$ref": "http://evil.example/"}, retries=[])
    assert [fault.path for fault in refusal.value.faults] == ['$.input_schema["$ref"]', "$.retries"]
    with pytest.raises(ValidationError):
        publish(acme, tool, "1.1.0", timeout_ms=-1)
    with pytest.raises(Invalid, match="cannot be changed"):
        publish(acme, tool, "1.1.0", name="Another")
    assert versions(tool) == ["1.0.0"]


def test_it_cannot_be_undone_in_the_database(acme: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ProgrammingError, match="permission denied"), within(acme.id):
        ToolVersion.objects.filter(tool=tool).update(input_schema={})


def test_it_leaves_shared_tools_to_the_platforms_owner(acme: Tenant) -> None:
    tool = share()
    with pytest.raises(Forbidden):
        publish(acme, tool, "1.1.0")
    with platform():
        assert publish_version(tool=tool, by=INSTALLATION, spec={"version": "1.1.0"}).tenant_id is None


def test_it_publishes_nothing_for_another_tenant(globex: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ToolNotFound):
        publish(globex, tool, "1.1.0")
    assert versions(tool) == ["1.0.0"]


@pytest.mark.django_db(transaction=True)
def test_it_publishes_one_of_many_at_once(acme: Tenant, register: Register) -> None:
    tool = register()
    start, outcomes = threading.Barrier(6), []

    def run() -> None:
        start.wait()
        try:
            publish(acme, tool, "1.1.0")
            outcomes.append("published")
        except VersionTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", *["taken"] * 5]
    assert versions(tool) == ["1.0.0", "1.1.0"]
