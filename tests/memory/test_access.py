"""What a caller may read and write. Rules are for agents; the longest path decides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.caller import Caller, System
from accounts.errors import Forbidden
from accounts.models import Agent, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.access import ALL, Reach, reach_by_rules, reach_of
from memory.intervals import EVERYTHING, NOTHING, covers
from memory.models import Access
from tests.cast import make_agent
from tests.memory.remembering import agent_caller, person_caller, rule

NONE, READ, WRITE = Access.NONE, Access.READ, Access.WRITE


def seen(reach: Reach, *namespaces: str) -> str:
    """`w`, `r` or `-` for each."""
    return "".join(
        "w" if covers(reach.writable, each) else "r" if covers(reach.readable, each) else "-" for each in namespaces
    )


# --- Rules alone ---


@pytest.mark.parametrize(
    ("rules", "of_namespaces"),
    [
        ([], "wwww"),
        ([("", NONE, False)], "----"),
        ([("a/", NONE, False)], "---w"),
        ([("a/", READ, False)], "rrrw"),
        ([("a/b/", NONE, False)], "w--w"),
        ([("a/", NONE, False), ("a/b/", READ, False)], "-rrw"),
        ([("a/", NONE, False), ("a/b/", READ, False), ("a/b/c/", WRITE, False)], "-rww"),
        ([("", NONE, False), ("a/b/", WRITE, False)], "-ww-"),
        ([("a/", NONE, False), ("a/", WRITE, True)], "wwww"),
        ([("a/", WRITE, True), ("a/", NONE, False)], "wwww"),
        ([("a/", WRITE, False), ("a/", NONE, True)], "---w"),
        ([("a/", NONE, True), ("a/b/", WRITE, False)], "-www"),
    ],
)
def test_the_longest_path_decides_and_then_the_agents_own_rule(
    rules: list[tuple[str, str, bool]], of_namespaces: str
) -> None:
    assert seen(reach_by_rules(rules, writes=True), "a/", "a/b/", "a/b/c/", "b/") == of_namespaces


def test_who_may_not_write_writes_nowhere_and_reads_as_the_rules_say() -> None:
    reach = reach_by_rules([("a/", NONE, False), ("b/", WRITE, False)], writes=False)
    assert (reach.writable, seen(reach, "a/", "b/", "c/")) == (NOTHING, "-rr")


def test_a_thousand_rules_are_no_trouble() -> None:
    rules = [(f"teams/t{number}/", READ if number % 2 else NONE, False) for number in range(1_000)]
    reach = reach_by_rules(rules, writes=True)
    assert seen(reach, "teams/t1/", "teams/t10/", "teams/t999/", "teams/t1000/", "teams/", "teamt/") == "r-rwww"


PATHS = st.lists(st.sampled_from("abc"), max_size=3).map(lambda parts: "".join(f"{part}/" for part in parts))
RULES = st.lists(
    st.tuples(PATHS, st.sampled_from(list(Access)), st.booleans()), max_size=8, unique_by=lambda r: (r[0], r[2])
)


@given(RULES, PATHS.filter(bool))
def test_it_decides_as_somebody_who_compares_every_path(rules: list[tuple[str, Access, bool]], namespace: str) -> None:
    fitting = [(len(path), own, access) for path, access, own in rules if namespace.startswith(path)]
    decided = max(fitting, key=lambda rule: rule[:2])[2] if fitting else WRITE
    expected = {NONE: "-", READ: "r", WRITE: "w"}[decided]
    assert seen(reach_by_rules(rules, writes=True), namespace) == expected


# --- Callers ---

pytestmark = pytest.mark.django_db


def reach_in(tenant: Tenant, by: Caller | System) -> Reach:
    with within(tenant.id):
        return reach_of(by)


def test_the_installation_reaches_everything_without_a_query(acme: Tenant) -> None:
    assert reach_in(acme, System("sweep")) == ALL


def test_an_agent_reaches_what_its_rules_say(acme: Tenant, scout: Agent) -> None:
    rule(acme, "a/", NONE)
    rule(acme, "a/own/", WRITE, scout)
    rule(acme, "b/", NONE, make_agent(acme, "other", Role.OPERATOR))
    assert seen(reach_in(acme, agent_caller(scout)), "a/", "a/own/", "b/", "default/") == "-www"


def test_a_person_is_not_kept_out_by_rules(acme: Tenant, bob: Person) -> None:
    rule(acme, "", NONE)
    assert reach_in(acme, person_caller(bob)) == ALL


def test_a_viewer_reads_and_does_not_write(acme: Tenant, vera: Person, scout: Agent) -> None:
    rule(acme, "a/", NONE)
    assert reach_in(acme, person_caller(vera)) == Reach(EVERYTHING, NOTHING)
    assert seen(reach_in(acme, agent_caller(scout, Role.VIEWER)), "a/", "b/") == "-r"


def test_rules_of_another_tenant_do_not_count(acme: Tenant, globex: Tenant, scout: Agent) -> None:
    rule(globex, "", NONE)
    assert reach_in(acme, agent_caller(scout)) == ALL


def test_it_asks_one_question(acme: Tenant, scout: Agent, django_assert_num_queries: object) -> None:
    rule(acme, "a/", NONE)
    with within(acme.id), django_assert_num_queries(1):  # type: ignore[operator]
        reach_of(agent_caller(scout))


def test_it_refuses_who_may_not_even_read(acme: Tenant, scout: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Caller, "may", lambda caller, right: False)
    with pytest.raises(Forbidden):
        reach_in(acme, agent_caller(scout))


def test_it_requires_to_write_in_a_namespace_or_in_all_below(acme: Tenant, scout: Agent) -> None:
    rule(acme, "a/b/", READ)
    reach = reach_in(acme, replace(agent_caller(scout)))
    reach.require_write("a/")
    reach.require_write_below("a/c/")
    with pytest.raises(Forbidden, match="`a/b/c/`"):
        reach.require_write("a/b/c/")
    with pytest.raises(Forbidden, match="`a/`"):
        reach.require_write_below("a/")
    with pytest.raises(Forbidden, match="`/`"):
        reach.require_write_below("")
