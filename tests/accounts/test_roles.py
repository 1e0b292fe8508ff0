"""What each role may do."""

import pytest

from accounts.caller import Caller, System
from accounts.errors import Forbidden
from accounts.models import Agent, Person
from accounts.roles import RIGHTS, Right, Role, may, reaches, role_has_perm

LADDER = [Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.OWNER]


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.READ, LADDER),
        (Right.CALL, LADDER[1:]),
        (Right.CATALOGUE, LADDER[1:]),
        (Right.APPROVE, LADDER[1:]),
        (Right.PEOPLE, LADDER[2:]),
        (Right.OWNERS, LADDER[3:]),
    ],
)
def test_it_gives_a_right_to_these_roles(right: Right, roles: list[Role]) -> None:
    assert [role for role in LADDER if may(role, right)] == roles


def test_it_knows_the_rights_of_every_role() -> None:
    assert set(RIGHTS) == set(Role)


@pytest.mark.parametrize("role", LADDER)
def test_it_lets_a_role_reach_itself_and_those_below(role: Role) -> None:
    assert [other for other in LADDER if reaches(role, other)] == LADDER[: LADDER.index(role) + 1]


@pytest.mark.parametrize(
    ("perm", "roles"),
    [
        ("accounts.view_agent", LADDER),
        ("accounts.change_agent", LADDER[2:]),
        ("accounts.view_person", LADDER[2:]),
        ("accounts.add_person", LADDER[2:]),
        ("accounts.view_apikey", LADDER[2:]),
        ("accounts.view_auditentry", LADDER[2:]),
        ("registry.view_tool", LADDER),
        ("registry.change_tool", LADDER[1:]),
        ("registry.view_approval", LADDER),
        ("registry.change_approval", LADDER[1:]),
        ("registry", []),
        ("registry.view", []),
        ("", []),
    ],
)
def test_it_answers_djangos_questions_from_the_same_table(perm: str, roles: list[Role]) -> None:
    assert [role for role in LADDER if role_has_perm(role, perm)] == roles


@pytest.mark.django_db
def test_it_answers_for_a_person(vera: Person, platform_owner: Person) -> None:
    assert vera.has_perm("registry.view_tool")
    assert not vera.has_perm("registry.change_tool")
    assert platform_owner.has_perm("accounts.change_tenant")
    assert (vera.is_staff, vera.is_superuser, platform_owner.is_superuser) == (True, False, True)
    assert vera.has_module_perms("registry")
    assert (str(vera), str(Person(email="x@y.example"))) == ("Vera", "x@y.example")


@pytest.mark.django_db
def test_it_gives_nothing_to_somebody_who_was_shut_out(platform_owner: Person) -> None:
    platform_owner.is_active = False
    assert not platform_owner.has_perm("registry.view_tool")
    assert not platform_owner.has_module_perms("registry")
    assert (platform_owner.is_staff, platform_owner.is_superuser) == (False, False)


@pytest.mark.django_db
def test_it_says_which_right_is_missing(scout: Agent, scout_caller: Caller) -> None:
    scout_caller.require(Right.CALL)
    with pytest.raises(Forbidden, match=r"The role `operator` may not do this: it needs the right `people`\."):
        scout_caller.require(Right.PEOPLE)
    assert (scout_caller.actor, scout_caller.pk) == (f"agent:{scout.id}", scout.id)


@pytest.mark.django_db
def test_it_says_which_role_could(scout_caller: Caller) -> None:
    scout_caller.require_reach(Role.VIEWER)
    with pytest.raises(Forbidden, match="Somebody with the role `admin` can"):
        scout_caller.require_reach(Role.ADMIN)


def test_it_refuses_nothing_to_the_installation_itself() -> None:
    seed = System("seed")
    seed.require(Right.OWNERS)
    seed.require_reach(Role.OWNER)
    assert (seed.actor, seed.may(Right.OWNERS), seed.is_platform_owner) == ("system:seed", True, True)
