"""Step 6: where the decision was to ask a person, the call waits for their answer."""

from accounts.errors import Forbidden
from registry.execution.types import Decision, Target


def ask(target: Target, decision: Decision) -> None:
    """Fails closed: while nobody can be asked, what has to be asked is refused."""
    if decision is Decision.ASK:
        raise Forbidden(f"`{target.slug}` needs a person's approval, and there is nobody who could give it.")
