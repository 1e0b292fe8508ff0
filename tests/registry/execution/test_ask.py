import pytest

from accounts.errors import Forbidden
from registry.execution.ask import ask
from registry.execution.types import Decision
from tests.registry.execution.calls import a_target


def test_it_lets_an_allowed_call_pass() -> None:
    ask(a_target(), Decision.ALLOW)


def test_it_refuses_what_nobody_can_be_asked_about() -> None:
    with pytest.raises(Forbidden, match="`crm-find` needs a person's approval, and there is nobody who could give it"):
        ask(a_target(), Decision.ASK)
