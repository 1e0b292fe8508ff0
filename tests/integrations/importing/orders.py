"""Imports as somebody with the right to credentials would order them."""

import json
from typing import Any

from accounts.caller import Caller, System
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from integrations.importing.begin import begin_import
from integrations.importing.run import run_import
from integrations.models import ConnectorImport, ImportedConnector
from tests.integrations.openapi.described import description

SOMEBODY = System("tests")


def content(paths: Any = None, **top: Any) -> bytes:
    return json.dumps(description(paths, **top)).encode()


def begin(tenant: Tenant, *, by: Caller | System = SOMEBODY, slug: str = "parcels", **order: Any) -> ConnectorImport:
    if not {"files", "origin"} & set(order):
        order["files"] = {"openapi.json": content()}
    with within(tenant.id):
        return begin_import(by=by, slug=slug, **order)


def run(row: ConnectorImport) -> ConnectorImport:
    run_import(tenant_id=row.tenant_id, import_id=row.id)
    return again(row)


def again(row: ConnectorImport) -> ConnectorImport:
    with platform():
        return ConnectorImport.objects.get(id=row.id)


def connector(tenant: Tenant, slug: str = "parcels") -> ImportedConnector | None:
    with within(tenant.id):
        return ImportedConnector.objects.filter(slug=slug).first()


def told() -> list[tuple[str, str, dict[str, Any]]]:
    """What the trail holds of imports: actor, action, detail."""
    with platform():
        entries = AuditEntry.objects.filter(action__startswith="import.").order_by("id")
        return [(entry.actor, entry.action, entry.detail) for entry in entries]
