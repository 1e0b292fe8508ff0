"""Files of JSON lines for tests, and imports of them."""

import json
from collections.abc import Iterable
from typing import Any

from accounts.caller import Actor
from accounts.models import Tenant
from accounts.tenancy import within
from memory.importing.begin import begin_import
from memory.importing.work import work_imports
from memory.models import ImportFault, Memory, MemoryImport
from tests.memory.remembering import CURATOR


def as_lines(*said: Any) -> bytes:
    """Bytes are a line as they are."""
    return b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in said)


def numbered(count: int, **facts: Any) -> bytes:
    return as_lines(*({"content": f"memory {number}", **facts} for number in range(count)))


def begin(tenant: Tenant, lines: bytes | Iterable[bytes], *, by: Actor = CURATOR, **how: Any) -> MemoryImport:
    pieces = [lines] if isinstance(lines, bytes) else lines
    return begin_import(tenant_id=tenant.id, by=by, lines=pieces, **how)


def imported(tenant: Tenant, lines: bytes | Iterable[bytes], *, by: Actor = CURATOR, **how: Any) -> MemoryImport:
    """One that workers have ended."""
    row = begin(tenant, lines, by=by, **how)
    while work_imports(only=row.id):
        pass
    return now(tenant, row)


def now(tenant: Tenant, row: MemoryImport) -> MemoryImport:
    with within(tenant.id):
        return MemoryImport.objects.get(id=row.id)


def numbers(row: MemoryImport) -> tuple[int, int, int, int]:
    return row.created, row.duplicates, row.refused, row.blank


def faults(tenant: Tenant, row: MemoryImport) -> list[tuple[int, str, str]]:
    with within(tenant.id):
        return list(ImportFault.objects.filter(memory_import=row).values_list("line", "path", "message"))


def contents(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return sorted(Memory.objects.there().values_list("content", flat=True))
