"""What the embedding service knows us by: nothing, a key in a file of the operator's, or a connection in the vault."""

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import platform
from integrations.connections.grant import authorised, may_be_told
from integrations.connections.granting import grant_for
from integrations.egress import EgressRequest, EgressRules, narrowing
from integrations.egress.targets import read_target
from integrations.errors import EmbedderRefused

LONGEST_KEY = 4_096
THE_INSTALLATION = ""
"""In place of a tenant's slug: egress allows it what entries without a tenant allow, or with nothing before the `@`."""


class KeyUnusable(Exception):
    """The file or the connection cannot be used; the message says why, and never what is in it."""


@dataclass(frozen=True)
class Connected:
    """A connection by the slug of its tenant and its id."""

    tenant_slug: str
    connection_id: UUID


async def with_key(
    request: EgressRequest, rules: EgressRules, *, file: str, connection: str
) -> tuple[EgressRequest, EgressRules]:
    """The request with the key in it, and whose rules hold for it.

    Raises EmbedderRefused for what the operator has to mend, and what a connection's grant raises.
    """
    try:
        if connection:
            return await _connected(request, rules, read_connection(connection))
        if file:
            return _carrying(request, read_key(Path(file))), rules
    except KeyUnusable as error:
        raise EmbedderRefused(str(error), takes_nothing=True) from None
    return request, rules


def read_connection(text: str) -> Connected:
    """Of `acme/0198f0c2-…`. Raises KeyUnusable."""
    slug, _, number = text.partition("/")
    try:
        return Connected(slug, UUID(number))
    except ValueError:
        raise KeyUnusable("EMBEDDER_CONNECTION is a tenant's slug, a slash and a connection's id.") from None


def read_key(file: Path) -> str:
    """Read each time: it is small, and a new key holds at once. Raises KeyUnusable."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read(LONGEST_KEY + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise KeyUnusable(f"EMBEDDER_API_KEY_FILE {file} cannot be read: {error.strerror}.") from None
    if mode & 0o077:
        raise KeyUnusable(f"EMBEDDER_API_KEY_FILE {file} may be read by others than its owner. Give it mode 0600.")
    key = content.strip()
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.decode("ascii").isprintable():
        raise KeyUnusable(f"EMBEDDER_API_KEY_FILE {file} does not hold a key on one line.")
    return key.decode("ascii")


def _carrying(request: EgressRequest, key: str) -> EgressRequest:
    return replace(
        request,
        headers={**request.headers, "Authorization": f"Bearer {key}"},
        secrets=(key,),
        origins=frozenset({read_target(request.url).origin}),
    )


async def _connected(
    request: EgressRequest, rules: EgressRules, connected: Connected
) -> tuple[EgressRequest, EgressRules]:
    tenant = await in_database_thread(_tenant, connected.tenant_slug)
    if tenant is None:
        raise KeyUnusable(f"EMBEDDER_CONNECTION names the tenant `{connected.tenant_slug}`, which there is not.")
    grant = await grant_for(tenant_id=tenant.id, generation=tenant.generation, connection_id=connected.connection_id)
    if not may_be_told(grant, request.url):
        raise KeyUnusable("The credential of EMBEDDER_CONNECTION is not for the service at EMBEDDER_URL.")
    narrowed = replace(rules, tenant_slug=tenant.slug, tenant_networks=narrowing(tenant.egress_networks))
    return authorised(request, grant), narrowed


def _tenant(slug: str) -> Tenant | None:
    with platform():
        return Tenant.objects.filter(slug=slug).first()
