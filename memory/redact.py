"""What becomes of secrets and personal data in what somebody wants remembered, before anything of it is kept.

The tenant's policy for what is stored holds for content, metadata, source and tags, and with it the secrets that the
vault knows of the tenant's connections. A namespace, a kind and an end user are names to find memories by: they stay.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import TTLCache

from accounts.caller import Actor, Caller
from accounts.errors import Fault, Invalid
from accounts.models import Tenant
from integrations.redaction import KnownSecrets, Rules, redact
from memory.content import Facts
from memory.hidden import known_secrets
from memory.limits import LONGEST_SOURCE, LONGEST_TAG
from registry.redaction import redaction_without_tool

KEPT_SECONDS = 60
"""How long a process keeps a policy and the secrets. A secret that was entered since is looked for after that."""


@dataclass(frozen=True)
class Redactor:
    """One tenant's policy, and the values that are looked for."""

    rules: Rules
    known: KnownSecrets = field(repr=False)

    def redact(self, facts: Facts) -> tuple[Facts, bool]:
        """The facts as they may be kept, and whether anything of them was masked.

        Raises Invalid where nothing of the content is left.
        """
        kept, count = dict(facts), 0
        for name in ("content", "metadata", "source", "tags"):
            if facts.get(name):
                found = redact(facts[name], secrets=self.known, rules=self.rules)
                kept[name], count = found.value, count + found.count
        if count == 0:
            return facts, False
        if "content" in kept and not kept["content"].strip():
            said = "Nothing of this may be kept: all of it is what your tenant's redaction leaves out."
            raise Invalid("There is nothing left to remember.", faults=[Fault("$.content", said)])
        return _fitting(kept), True


_kept: TTLCache[tuple[UUID, int], Redactor] = TTLCache(maxsize=2_000, ttl=KEPT_SECONDS)
_lock = Lock()


def redactor_for(tenant_id: UUID, by: Actor) -> Redactor:
    """Inside the tenant's scope. Of the generation that the caller's key was read with. Raises VaultLocked."""
    key = (tenant_id, by.generation) if isinstance(by, Caller) else None
    with _lock:
        kept = _kept.get(key) if key else None
    if kept is None:
        kept = Redactor(redaction_without_tool(_tenant(tenant_id)).stored, known_secrets(tenant_id))
        with _lock:
            if key:
                _kept[key] = kept
    return kept


def _tenant(tenant_id: UUID) -> Tenant:
    return Tenant.objects.only("id", "redaction").get(id=tenant_id)


def _fitting(kept: Facts) -> Facts:
    """A mask may be longer than what it stands for, and two tags may have become one."""
    fitting: dict[str, Any] = dict(kept)
    if "source" in kept:
        fitting["source"] = kept["source"][:LONGEST_SOURCE]
    if "tags" in kept:
        fitting["tags"] = list(dict.fromkeys(tag[:LONGEST_TAG] for tag in kept["tags"] if tag))
    return fitting
