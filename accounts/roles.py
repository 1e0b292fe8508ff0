"""What each role may do: one table, read by the API and by the admin site."""

from django.db import models


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Right(models.TextChoices):
    """What an address of the API, or a page, asks of its caller."""

    READ = "read"
    CALL = "call"
    """Execute tools, send heartbeats, redrive and cancel what webhooks caused."""
    CATALOGUE = "catalogue"
    """Register, change and retire tools."""
    APPROVE = "approve"
    """Let a call through that waits for a person, or refuse it."""
    CREDENTIALS = "credentials"
    """Connect outside services, and change or take away what is sealed for them."""
    PEOPLE = "people"
    """Agents, keys, people, permission rules, the tenant itself and the audit trail."""
    OWNERS = "owners"
    """Make and unmake owners."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.OPERATOR: frozenset({Right.READ, Right.CALL, Right.CATALOGUE, Right.APPROVE}),
    Role.ADMIN: frozenset(set(Right) - {Right.OWNERS}),
    Role.OWNER: frozenset(Right),
}

# The admin site's models, by the right that changing them needs; `view` needs READ unless said otherwise.
_MODEL_RIGHTS = {
    "accounts.tenant": Right.PEOPLE,
    "accounts.person": Right.PEOPLE,
    "accounts.agent": Right.PEOPLE,
    "accounts.apikey": Right.PEOPLE,
    "accounts.auditentry": Right.PEOPLE,
    "integrations.datakey": Right.PEOPLE,
    "integrations.connection": Right.CREDENTIALS,
    "integrations.connectorimport": Right.CREDENTIALS,
    "integrations.oauthapp": Right.CREDENTIALS,
    "memory.memory": Right.CALL,
    "memory.memoryimport": Right.CALL,
    "memory.namespacerule": Right.PEOPLE,
    "memory.memoryerasure": Right.PEOPLE,
    "registry.permissionrule": Right.PEOPLE,
    "registry.approval": Right.APPROVE,
    "webhooks.webhooksource": Right.CREDENTIALS,
}
_HIDDEN_FROM_READERS = {
    "accounts.person",
    "accounts.apikey",
    "accounts.auditentry",
    "integrations.datakey",
    "registry.permissionrule",
    "memory.namespacerule",
    "memory.memoryerasure",
}


def may(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]


def reaches(role: Role, other: Role) -> bool:
    """Whether `role` holds every right of `other`, and so may grant it."""
    return RIGHTS[other] <= RIGHTS[role]


def role_has_perm(role: Role, perm: str) -> bool:
    """Django's `app.verb_model`, answered from the table above. `app.verb` without a model is refused."""
    app_label, _, codename = perm.partition(".")
    verb, _, model = codename.partition("_")
    name = f"{app_label}.{model}"
    if not model:
        return False
    if verb == "view" and name not in _HIDDEN_FROM_READERS:
        return may(role, Right.READ)
    return may(role, _MODEL_RIGHTS.get(name, Right.CATALOGUE))
