"""Carrying out imports, in whichever worker finds them first. Once more does no harm.

A worker that is lost leaves a row that nobody is heard of; the schedule hands it to the next one, from the beginning:
an import takes seconds. What keeps ending its workers is given up.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import platform, within
from accounts.tenants import bump_generation
from integrations.importing.changes import changes_between
from integrations.importing.fetching import fetch_for
from integrations.importing.files import unpack
from integrations.importing.reader import Order, Reading, Unread, read_files
from integrations.importing.usable import SOURCE, keep_usable
from integrations.models import ConnectorImport, ImportedConnector
from integrations.models.connector import UNENDED, ImportState

SILENT_SECONDS = 120
"""Without a word from its process, an import is taken for lost."""
MOST_ATTEMPTS = 3


def run_import(*, tenant_id: UUID, import_id: UUID) -> None:
    """Read what was handed in, and make the tenant's connector of it. Nothing happens for one that has ended."""
    order = _claim(tenant_id, import_id)
    if order is None:
        return

    def note(done: int, total: int) -> None:
        with within(tenant_id):
            rows = ConnectorImport.objects.filter(id=import_id, state=ImportState.RUNNING)
            rows.update(done=done, total=total, noted_at=timezone.now())

    fetch = fetch_for(tenant_id)

    def fetch_and_note(url: str) -> bytes:
        note(0, 0)
        return fetch(url)

    try:
        reading = keep_usable(read_files(order, fetch=fetch_and_note, progress=note), order.slug)
    except Unread as unread:
        _fail(tenant_id, import_id, str(unread))
        return
    _keep(tenant_id, import_id, reading)


def run_due() -> int:
    """Carry out the imports that nobody does, one after the other; returns how many there were."""
    with platform():
        due = list(ConnectorImport.objects.due(_silent_since()).order_by("created_at").values_list("tenant_id", "id"))
    for tenant_id, import_id in due:
        run_import(tenant_id=tenant_id, import_id=import_id)
    return len(due)


def _claim(tenant_id: UUID, import_id: UUID) -> Order | None:
    """What is to be read; None where it has ended, or another process was heard of just now."""
    with within(tenant_id):
        # Whoever holds the row is claiming it just now.
        rows = ConnectorImport.objects.due(_silent_since()).select_for_update(skip_locked=True)
        row = rows.filter(id=import_id).first()
        if row is None:
            return None
        if row.attempts >= MOST_ATTEMPTS:
            _end_failed(row, f"The import was broken off {MOST_ATTEMPTS} times. Hand in a part of the files.")
            return None
        row.state, row.attempts = ImportState.RUNNING, row.attempts + 1
        row.save(update_fields=["state", "attempts", "noted_at"])
        earlier = ImportedConnector.objects.filter(slug=row.connector).first()
        known = {action["call"]: slug for slug, action in earlier.document["actions"].items()} if earlier else {}
        return Order(row.connector, unpack(bytes(row.content or b"")), row.origin, known)


def _silent_since() -> datetime:
    return timezone.now() - timedelta(seconds=SILENT_SECONDS)


def _keep(tenant_id: UUID, import_id: UUID, reading: Reading) -> None:
    with within(tenant_id):
        row = ConnectorImport.objects.unended().select_for_update().filter(id=import_id).first()
        if row is None:
            return
        connector, changes = _revise(row, reading)
        row.report = {**reading.report, "changes": changes}
        row.state, row.content, row.finished_at = ImportState.DONE, None, timezone.now()
        row.save(update_fields=["state", "content", "report", "finished_at", "noted_at"])
        record(
            tenant_id=tenant_id,
            actor=row.actor,
            action="import.done",
            subject=f"import:{row.id}",
            detail={
                "connector": row.connector,
                "revision": connector.revision,
                "operations": reading.report["operations"],
                "actions": reading.report["actions"],
            },
        )
        bump_generation(tenant_id)


def _revise(row: ConnectorImport, reading: Reading) -> tuple[ImportedConnector, dict[str, list[str]] | None]:
    """With what changed; None: the connector is new."""
    connector = ImportedConnector.objects.select_for_update().filter(slug=row.connector).first()
    if connector is None:
        connector = ImportedConnector(tenant_id=row.tenant_id, slug=row.connector, revision=0)
    earlier = connector.document["actions"] if connector.revision else None
    changes = None if earlier is None else changes_between(earlier, reading.document["actions"])
    connector.document, connector.source, connector.origin = reading.document, SOURCE, row.origin
    connector.revision += 1
    connector.save()
    return connector, changes


def _fail(tenant_id: UUID, import_id: UUID, sentence: str) -> None:
    with within(tenant_id):
        row = ConnectorImport.objects.select_for_update().get(id=import_id)
        if row.state in UNENDED:
            _end_failed(row, sentence)


def _end_failed(row: ConnectorImport, sentence: str) -> None:
    row.state, row.content, row.error, row.finished_at = ImportState.FAILED, None, sentence, timezone.now()
    row.save(update_fields=["state", "content", "error", "finished_at", "noted_at"])
    record(
        tenant_id=row.tenant_id,
        actor=row.actor,
        action="import.failed",
        subject=f"import:{row.id}",
        detail={"connector": row.connector},
    )
