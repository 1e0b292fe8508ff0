"""Which events a subscription's types stand for."""

import pytest

from tests.docs.pages import plain, rows
from webhooks.subscriptions.event_types import (
    FAMILIES,
    MOST_TYPES,
    check_event_types,
    family_of,
    guarded_in,
    read_event_types,
)

ACTIONS = [plain(row["Action"]) for row in rows("docs/reference/events.md", "## Actions")]


def told(*types: str) -> list[str]:
    assert list(check_event_types("$", list(types))) == []
    wanted = read_event_types(types)
    return [action for action in ACTIONS if wanted.include(action)]


@pytest.mark.parametrize(
    ("types", "actions"),
    [
        (["execution.failed"], ["execution.failed"]),
        (
            ["breaker.*"],
            ["breaker.opened", "breaker.half_opened", "breaker.closed", "breaker.held", "breaker.released"],
        ),
        (["version"], ["version.published", "version.deprecated", "version.retired"]),
        (["*.failed"], ["import.failed", "memory_import.failed", "execution.failed"]),
        (["tool.re*"], ["tool.registered", "tool.retired"]),
        (["version.retired", "execution.failed"], ["version.retired", "execution.failed"]),
        (["import.*"], ["import.began", "import.done", "import.failed"]),
        (["person.*"], ["person.created", "person.changed", "person.refused", "person.signed_in"]),
        (["zebra*"], []),
    ],
)
def test_it_tells_of(types: list[str], actions: list[str]) -> None:
    assert told(*types) == actions


def test_a_star_tells_of_nothing_that_only_the_audit_trail_tells_of() -> None:
    everything = told("*")
    assert {"execution.failed", "approval.requested", "health.failing"} <= set(everything)
    assert guarded_in(everything) == []
    assert told("*.*") == everything


def test_a_star_does_not_tell_of_the_telling() -> None:
    wanted = read_event_types(["*", "*.dead"])
    assert not wanted.include("webhook_delivery.dead")
    assert not wanted.include("webhook_subscription.disabled")
    assert read_event_types(["webhook_delivery.*"]).include("webhook_delivery.dead")


def test_it_knows_what_tells_of_more_than_all_may_read() -> None:
    assert guarded_in(["execution.*", "person.signed_in", "key.*", "*"]) == ["person.signed_in", "key.*"]


def test_it_knows_the_first_word_of_every_action() -> None:
    assert {family_of(action) for action in ACTIONS} <= FAMILIES


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ("execution.*", ["$.event_types"]),
        ([], ["$.event_types"]),
        (["*"] * (MOST_TYPES + 1), ["$.event_types"]),
        (["execution.*", "executions.*"], ["$.event_types[1]"]),
        (["Execution.failed"], ["$.event_types[0]"]),
        (["execution.failed.twice"], ["$.event_types[0]"]),
        (["*x*x*x*x*"], ["$.event_types[0]"]),
        (["", "execution.", ".failed", "execution." + "x" * 60], [f"$.event_types[{n}]" for n in range(4)]),
        ([None, 7], ["$.event_types[0]", "$.event_types[1]"]),
    ],
)
def test_it_refuses(given: object, paths: list[str]) -> None:
    assert [fault.path for fault in check_event_types("$.event_types", given)] == paths
