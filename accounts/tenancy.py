"""Whose rows a piece of work may see.

Every query of a tenant's table runs inside a scope: `within(tenant_id)` for one tenant's work, `platform()` for the
few jobs that serve all (authentication, sweeps, the sealer, the platform owner's pages). The scope is applied twice:
the models' managers filter by it, and PostgreSQL's row-level security checks the same value again. Outside any scope
a query raises `NoScope`, and raw SQL sees no row.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q

EVERY_TENANT = "*"
NO_TENANT = ""


class NoScope(RuntimeError):
    """A tenant's table was queried outside `within(tenant_id)` or `platform()`."""


@dataclass(frozen=True)
class Scope:
    tenant_id: UUID | None
    """None: the platform's scope, which sees every tenant."""

    @property
    def setting(self) -> str:
        return EVERY_TENANT if self.tenant_id is None else str(self.tenant_id)


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current_scope() -> Scope:
    scope = _scope.get()
    if scope is None:
        raise NoScope("Query tenant tables inside `within(tenant_id)` or `platform()`.")
    return scope


@contextmanager
def within(tenant_id: UUID) -> Iterator[None]:
    """One tenant's transaction: everything in the block sees that tenant's rows and no others."""
    with _entered(Scope(tenant_id)):
        yield


@contextmanager
def platform() -> Iterator[None]:
    """A transaction that sees every tenant. For the platform's own jobs, never on behalf of an agent."""
    with _entered(Scope(None)):
        yield


def scope_for(tenant_id: UUID | None) -> AbstractContextManager[None]:
    """`within` the tenant; `platform` for what belongs to no tenant."""
    return platform() if tenant_id is None else within(tenant_id)


@contextmanager
def _entered(scope: Scope) -> Iterator[None]:
    outer, nested = _scope.get(), connection.in_atomic_block
    with transaction.atomic():
        _tell_postgresql(scope)
        token = _scope.set(scope)
        try:
            yield
        finally:
            _scope.reset(token)
        # The setting ends with its transaction, and a rollback to a savepoint restores it; what goes on needs this.
        if nested and outer != scope and not connection.needs_rollback:
            _tell_postgresql(outer)


def restore_scope(after: Scope) -> None:
    """Tell PostgreSQL the scope that stands, where a statement has set another one inside a longer transaction."""
    if _scope.get() != after:
        _tell_postgresql(_scope.get())


def _tell_postgresql(scope: Scope | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('qm.tenant', %s, true)", [scope.setting if scope else NO_TENANT])


M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """Rows of the current scope's tenant."""

    def get_queryset(self) -> models.QuerySet[M]:
        tenant_id = current_scope().tenant_id
        rows = super().get_queryset()
        return rows if tenant_id is None else rows.filter(tenant_id=tenant_id)


class SharedManager(models.Manager[M]):
    """Rows of the current scope's tenant and those that all tenants share (tenant null)."""

    def get_queryset(self) -> models.QuerySet[M]:
        tenant_id = current_scope().tenant_id
        rows = super().get_queryset()
        if tenant_id is None:
            return rows
        return rows.filter(Q(tenant_id=tenant_id) | Q(tenant_id=None))
