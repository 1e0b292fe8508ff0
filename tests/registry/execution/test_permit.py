import pytest

from accounts.decisions import Decision
from accounts.errors import Forbidden
from accounts.roles import Role
from registry.execution.permit import permit
from tests.registry.execution.calls import a_call, a_caller, a_target


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN, Role.OWNER])
def test_it_allows_those_whose_role_may_call(role: Role) -> None:
    assert permit(a_call(caller=a_caller(role=role)), a_target()).decision is Decision.ALLOW


def test_it_refuses_a_viewer_and_says_who_can_help() -> None:
    with pytest.raises(Forbidden, match="The role `viewer` may not do this: it needs the right `call`"):
        permit(a_call(caller=a_caller(role=Role.VIEWER)), a_target())


@pytest.mark.parametrize(
    ("of_call", "of_agent", "allowed"),
    [("", "", True), ("openai", "", False), ("", "openai", False), ("anthropic", "openai", True)],
)
def test_it_refuses_the_providers_that_a_tool_excludes(of_call: str, of_agent: str, allowed: bool) -> None:
    call = a_call(caller=a_caller(provider=of_agent), provider=of_call)
    target = a_target(excluded_providers=frozenset({"openai"}))
    if allowed:
        assert permit(call, target).decision is Decision.ALLOW
    else:
        with pytest.raises(Forbidden, match="`excluded_providers`"):
            permit(call, target)
