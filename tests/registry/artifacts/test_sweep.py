"""What expires is removed, and what a killed process left behind."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from registry.artifacts.storage import LocalArtifacts, all_names, artifact_storage
from registry.artifacts.sweep import expire_artifacts, remove_orphans
from registry.models import Artifact
from tests.registry.artifacts.kept import kept
from tests.storages import Bucket

pytestmark = pytest.mark.django_db(transaction=True)

LATER = timedelta(hours=2)


def saved(tenant: Tenant, output: str, *, hours: int) -> Artifact:
    artifact = kept(tenant, output).artifact
    artifact.expires_at = timezone.now() + timedelta(hours=hours)
    with within(tenant.id):
        artifact.save(force_insert=True)
    return artifact


def rows() -> set[str]:
    with platform():
        return set(Artifact.objects.values_list("storage_name", flat=True))


def test_it_removes_what_has_expired_and_records_it(acme: Tenant, globex: Tenant, folder: LocalArtifacts) -> None:
    old, foreign = saved(acme, "old", hours=-1), saved(globex, "old, too", hours=-1)
    fresh = saved(acme, "fresh", hours=1)
    assert expire_artifacts() == 2
    assert rows() == set(all_names()) == {fresh.storage_name}
    with platform():
        found = AuditEntry.objects.filter(action="artifact.expired")
        told = {(entry.tenant_id, entry.actor, entry.subject) for entry in found}
    assert told == {
        (acme.id, "system:sweep", f"execution:{old.execution_id}"),
        (globex.id, "system:sweep", f"execution:{foreign.execution_id}"),
    }
    assert expire_artifacts() == 0


def test_it_tells_many_of_a_tenant_in_one_entry(acme: Tenant, folder: LocalArtifacts) -> None:
    made = [saved(acme, "old", hours=-1) for _ in range(3)]
    assert expire_artifacts() == 3
    with within(acme.id):
        entry = AuditEntry.objects.get(action="artifact.expired")
    assert entry.subject == f"tenant:{acme.id}"
    assert sorted(entry.detail["executions"]) == sorted(str(each.execution_id) for each in made)


def test_it_removes_the_row_of_a_file_that_is_gone(acme: Tenant, folder: LocalArtifacts) -> None:
    artifact_storage().delete(saved(acme, "old", hours=-1).storage_name)
    assert expire_artifacts() == 1
    assert rows() == set()


def test_it_leaves_a_file_that_cannot_be_removed_for_the_next_time(acme: Tenant, folder: LocalArtifacts) -> None:
    stuck = Path(folder.path(saved(acme, "old", hours=-1).storage_name))
    stuck.unlink()
    stuck.mkdir()
    (stuck / "inside").touch()
    assert expire_artifacts() == 1
    assert rows() == set()


def test_it_removes_old_files_without_a_row_and_no_others(acme: Tenant, folder: LocalArtifacts) -> None:
    known, orphan = saved(acme, "known", hours=9), kept(acme, "orphan").artifact
    assert remove_orphans() == 0  # its execution may just be recorded
    assert remove_orphans(at=timezone.now() + LATER) == 1
    assert set(all_names()) == {known.storage_name} == set(all_names()) - {orphan.storage_name}


OLD_ID = "01890000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        f"{OLD_ID}/notes.txt",
        f"photos/{OLD_ID}",
        f"{OLD_ID}/x/{OLD_ID}",
        f"{OLD_ID}/{OLD_ID.replace('-', '')}",
        f"{OLD_ID}/{{{OLD_ID}}}",
    ],
)
def test_it_leaves_what_is_not_named_like_an_artifact(name: str, folder: LocalArtifacts) -> None:
    strange = Path(folder.location) / name
    strange.parent.mkdir(parents=True, exist_ok=True)
    strange.write_text("?")
    assert remove_orphans() == 0
    assert strange.read_text() == "?"


def test_it_leaves_what_others_keep_in_the_bucket(bucket: Bucket) -> None:
    """Even what is named like an artifact: another installation has another prefix."""
    theirs = [f"theirs/{OLD_ID}/{OLD_ID}", f"{OLD_ID}/{OLD_ID}", f"ours-too/{OLD_ID}/{OLD_ID}"]
    for name in [*theirs, f"ours/{OLD_ID}/{OLD_ID}"]:
        bucket.client.put_object(Bucket=bucket.name, Key=name, Body=b"?")
    assert remove_orphans() == 1
    left = bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"]
    assert sorted(each["Key"] for each in left) == sorted(theirs)


KILLED = """
import asyncio, os, signal, django
django.setup()
from uuid import UUID
from django.conf import settings
from registry.artifacts.content import content_of
from registry.artifacts.keep import keep_artifact
settings.STORAGES["artifacts"]["OPTIONS"]["location"] = {location!r}
kept = asyncio.run(
    keep_artifact(content_of("x" * 200_000), tenant_id=UUID({tenant!r}), execution_id=UUID(int=7))
)
assert kept.artifact is not None
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_sweeps_what_a_process_wrote_that_was_killed_before_it_recorded(
    acme: Tenant, folder: LocalArtifacts
) -> None:
    script = KILLED.format(location=str(folder.location), tenant=str(acme.id))
    ended = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    (orphan,) = all_names()
    assert Path(folder.path(orphan)).stat().st_size > 200_000
    assert rows() == set()
    assert remove_orphans(at=timezone.now() + LATER) == 1
    assert list(all_names()) == []
