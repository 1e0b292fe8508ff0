"""Who is calling: what authentication found out, handed to everything behind the door."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from accounts.errors import Forbidden
from accounts.limits import Limits
from accounts.roles import Right, Role, may, reaches


@dataclass(frozen=True)
class Caller:
    tenant_id: UUID
    tenant_slug: str
    generation: int
    """The tenant's generation when the key was read: what may be cached is cached under it."""
    role: Role
    agent_id: UUID | None = None
    agent_slug: str = ""
    """As permission rules name it."""
    person_id: UUID | None = None
    key_id: UUID | None = None
    provider: str = ""
    agent_limits: Limits | None = None
    tenant_limits: Limits | None = None
    address: str = ""
    """Where the request comes from; empty when that cannot be told."""
    is_platform_owner: bool = False
    """Runs the installation: may change what all tenants share."""

    @property
    def actor(self) -> str:
        """As the audit trail names it."""
        return f"agent:{self.agent_id}" if self.agent_id else f"person:{self.person_id}"

    # What DRF and Django ask of a user.
    is_authenticated = True
    is_active = True

    @property
    def pk(self) -> UUID | None:
        return self.agent_id or self.person_id

    def may(self, right: Right) -> bool:
        return may(self.role, right)

    def require(self, right: Right) -> None:
        """Raise Forbidden unless the caller's role holds this right."""
        if not self.may(right):
            raise Forbidden(
                f"The role `{self.role}` may not do this: it needs the right `{right}`. "
                "An admin of your tenant can give the agent another role."
            )

    def require_reach(self, role: Role) -> None:
        """Raise Forbidden when `role` is above the caller's own: nobody grants, or touches, more than they have."""
        if not reaches(self.role, role):
            raise Forbidden(
                f"The role `{self.role}` may not do this, because the role `{role}` is above it. "
                f"Somebody with the role `{role}` can."
            )


@dataclass(frozen=True)
class System:
    """The installation itself: its commands and its schedule. Nobody is above it."""

    name: str
    is_platform_owner = True

    @property
    def actor(self) -> str:
        """As the audit trail names it."""
        return f"system:{self.name}"

    def may(self, right: Right) -> bool:
        return True

    def require(self, right: Right) -> None:
        """Nothing is refused to the installation itself."""

    def require_reach(self, role: Role) -> None:
        """No role is above the installation itself."""


Actor: TypeAlias = Caller | System
"""Who a verb works for: what they may grant is checked, and the audit trail names them."""
