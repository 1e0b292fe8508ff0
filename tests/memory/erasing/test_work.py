import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Tenant
from accounts.sealing import seal_batch
from accounts.tenancy import platform, within
from memory.delete import delete_memory
from memory.erasing import work
from memory.erasing.begin import begin_erasure, count_erasure
from memory.erasing.find import find_erasure, list_erasures
from memory.erasing.proof import as_told, chain
from memory.erasing.targets import OF_IMPORTS, OF_MEMORIES, OF_TENANTS
from memory.erasing.work import work_erasures
from memory.errors import ErasureNotFound
from memory.importing.files import all_files
from memory.links.create import link
from memory.models import (
    BulkStatus,
    EmbeddingModel,
    Memory,
    MemoryCount,
    MemoryEmbedding,
    MemoryErasure,
    MemoryImport,
    MemoryLink,
    MemoryVersion,
    NamespaceRule,
    VectorIndex,
)
from memory.update import update_memory
from tests.memory.bulk_lines import as_lines, begin, imported, numbered
from tests.memory.importing.test_kills import _others_in_transactions
from tests.memory.remembering import CURATOR, agent_caller, make_model, remember
from tests.patience import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
ROOT = Path(__file__).resolve().parents[3]
ANNA_DIGEST = "55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503"


def order(tenant: Tenant, what: str, target: str = "") -> MemoryErasure:
    with within(tenant.id):
        return begin_erasure(tenant_id=tenant.id, by=CURATOR, what=what, target=target)


def erased(tenant: Tenant, what: str, target: str = "") -> MemoryErasure:
    row = order(tenant, what, target)
    while work_erasures(only=row.id):
        pass
    return now(tenant, row)


def now(tenant: Tenant, row: MemoryErasure) -> MemoryErasure:
    with within(tenant.id):
        return MemoryErasure.objects.get(id=row.id)


def left(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return sorted(Memory.objects.values_list("content", flat=True))


@pytest.fixture
def anna(acme: Tenant) -> list[Memory]:
    """What is known of her: with vectors, a version and links; one of it deleted, one expired."""
    make_model()
    known = [remember(acme, f"anna {number}", end_user="anna", namespace="crm/a") for number in range(4)]
    bobs = remember(acme, "bob", end_user="bob", namespace="crm/b")
    with within(acme.id):
        update_memory(by=CURATOR, memory_id=known[0].id, version=1, changes={"content": "anna, changed"})
        delete_memory(by=CURATOR, memory_id=known[1].id)
        Memory.objects.filter(id=known[2].id).update(expires_at=timezone.now() - timedelta(days=1))
        link(by=CURATOR, from_id=known[0].id, to_id=bobs.id, type="knows")
        link(by=CURATOR, from_id=bobs.id, to_id=known[3].id, type="knows")
    return known


def test_it_removes_all_of_an_end_user_and_nothing_of_others(acme: Tenant, anna: list[Memory]) -> None:
    other = remember(acme, "nobody's", namespace="crm/a")
    row = erased(acme, "end_user", "anna")
    assert (row.status, left(acme)) == (BulkStatus.SUCCEEDED, ["bob", "nobody's"])
    with within(acme.id):
        assert MemoryEmbedding.objects.count() == 2
        assert MemoryLink.objects.count() == MemoryVersion.objects.count() == 0
        assert Memory.objects.get(id=other.id).version == 1
    assert row.removed == {
        "memory_memory": 4,
        "memory_memoryembedding": 3,
        "memory_memoryversion": 2,
        "memory_memorylink": 2,
    }
    assert row.found_after == dict.fromkeys([*row.removed, "memory_importfault"], 0)


def test_it_proves_what_it_did(acme: Tenant, anna: list[Memory]) -> None:
    row = erased(acme, "end_user", "anna")
    ids = [memory.id for memory in anna]
    with within(acme.id):
        while seal_batch(acme.id):
            pass
        proof = as_told(row)
        entry = AuditEntry.objects.get(action="memory.erased")
    assert (proof["ids"], proof["ids_digest"]) == (4, chain(bytes(32), sorted(ids)).hex())
    assert chain(bytes(32), ids[:3]).hex() != proof["ids_digest"]
    assert proof["audit"] == {"id": str(entry.id), "sequence": entry.sequence, "seal": bytes(entry.seal or b"").hex()}
    assert entry.sequence is not None
    assert entry.detail == {
        "what": "end_user",
        "target_digest": ANNA_DIGEST,
        "removed": row.removed,
        "found_after": row.found_after,
        "ids": 4,
        "ids_digest": proof["ids_digest"],
    }
    assert len(proof["remains"]) == 4
    assert [number for number, said in enumerate(proof["remains"]) if "namespaces" in said] == [0, 2]


def test_it_does_not_keep_whom_it_was_about(acme: Tenant, anna: list[Memory]) -> None:
    assert order(acme, "end_user", "anna").target == "anna"
    work_erasures()
    with within(acme.id):
        row = MemoryErasure.objects.get()
        told = str(list(AuditEntry.objects.exclude(action__startswith="agent").values()))
    assert (row.target, row.target_digest) == ("", ANNA_DIGEST)
    assert "'anna'" not in told


def test_it_removes_earlier_versions_that_were_about_them(acme: Tenant) -> None:
    memory = remember(acme, "was anna's", end_user="anna")
    with within(acme.id):
        update_memory(by=CURATOR, memory_id=memory.id, version=1, changes={"content": "is bob's", "end_user": "bob"})
        update_memory(by=CURATOR, memory_id=memory.id, version=2, changes={"content": "is still bob's"})
    row = erased(acme, "end_user", "anna")
    assert (row.removed, left(acme)) == ({"memory_memoryversion": 1}, ["is still bob's"])
    with within(acme.id):
        assert [version.facts["end_user"] for version in MemoryVersion.objects.all()] == ["bob"]


def test_it_removes_a_namespace_with_all_below_it(acme: Tenant) -> None:
    for namespace in ("a", "a/b", "ab", "b"):
        remember(acme, namespace, namespace=namespace)
    moved = remember(acme, "moved", namespace="a/c")
    with within(acme.id):
        update_memory(by=CURATOR, memory_id=moved.id, version=1, changes={"namespace": "b"})
    row = erased(acme, "namespace", "a")
    assert left(acme) == ["ab", "b", "moved"]
    assert (row.removed["memory_memory"], row.removed["memory_memoryversion"]) == (2, 1)
    assert set(row.removed) <= set(row.found_after or {})
    assert set((row.found_after or {}).values()) == {0}
    assert row.removed["memory_memorycount"] > 0
    with within(acme.id):
        assert {count.namespace for count in MemoryCount.objects.all()} == {"ab/", "b/"}


@pytest.mark.parametrize(("what", "target"), [("end_user", "anna"), ("namespace", "crm/a"), ("tenant", "")])
def test_it_looks_again_at_every_table_that_it_removes_from(
    acme: Tenant, anna: list[Memory], what: str, target: str
) -> None:
    imported(acme, numbered(2) + as_lines({}))
    row = erased(acme, what, target)
    assert {"memory_importfault", "memory_memory"} <= set(row.removed) <= set(row.found_after or {})


def test_it_removes_all_of_a_tenant_and_nothing_of_another(acme: Tenant, globex: Tenant, anna: list[Memory]) -> None:
    remember(globex, "theirs", end_user="anna", namespace="crm/a")
    imported(acme, numbered(2) + as_lines({}))
    theirs = imported(globex, numbered(1))
    row = erased(acme, "tenant")
    assert (row.status, left(acme), left(globex)) == (BulkStatus.SUCCEEDED, [], ["memory 0", "theirs"])
    assert (row.removed["memory_memory"], row.removed["memory_memoryimport"]) == (7, 1)
    assert (row.removed["memory_importfault"], set((row.found_after or {}).values())) == (1, {0})
    assert [import_id for import_id, _ in all_files()] == [theirs.id]
    with within(acme.id):
        assert not MemoryCount.objects.exists()
        assert not MemoryImport.objects.exists()


def test_it_removes_the_files_of_imports_which_may_hold_lines_of_them(acme: Tenant) -> None:
    row = imported(acme, as_lines({"content": "one", "end_user": "anna"}, {}))
    erased(acme, "end_user", "anna")
    assert list(all_files()) == []
    with within(acme.id):
        after = MemoryImport.objects.get(id=row.id)
        assert (after.storage_name, bytes(after.sealed_key), after.created) == ("", b"", 1)
        assert not after.faults.exists()


def test_it_counts_first_and_leaves_everything(acme: Tenant, anna: list[Memory]) -> None:
    with within(acme.id):
        counts = count_erasure(by=CURATOR, what="end_user", target="anna")
        assert counts == {
            "memory_memory": 4,
            "memory_memoryembedding": 3,
            "memory_memoryversion": 2,
            "memory_memorylink": 2,
        }
        assert not MemoryErasure.objects.exists()
    assert len(left(acme)) == 5


def test_it_goes_batch_by_batch_and_in_turns(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH", 2)
    ids = [remember(acme, str(number)).id for number in range(5)]
    row = order(acme, "tenant")
    assert work_erasures(seconds=0) is True
    assert len(left(acme)) == 5
    while work_erasures():
        pass
    after = now(acme, row)
    assert (after.ids, bytes(after.ids_digest)) == (5, chain(bytes(32), ids))


def test_it_costs_as_many_statements_for_a_batch_as_for_one(acme: Tenant) -> None:
    make_model()

    def statements(count: int) -> int:
        imported(acme, numbered(count, end_user="anna"))
        order(acme, "end_user", "anna")
        with CaptureQueriesContext(connection) as queries:
            while work_erasures():
                pass
        return len(queries)

    assert statements(1) == statements(200)


# --- What is refused ---


def test_it_refuses_who_has_no_right_to_people(acme: Tenant, scout: Agent) -> None:
    by = agent_caller(scout)
    with within(acme.id):
        for act in (
            lambda: begin_erasure(tenant_id=acme.id, by=by, what="tenant"),
            lambda: count_erasure(by=by, what="tenant"),
            lambda: list_erasures(by=by),
        ):
            with pytest.raises(Forbidden):
                act()
        assert not MemoryErasure.objects.exists()


@pytest.mark.parametrize(
    ("what", "target", "path"),
    [
        ("everything", "", "$.what"),
        ("tenant", "acme", "$.target"),
        ("namespace", "", "$.target"),
        ("namespace", "a b", "$.target"),
        ("end_user", "", "$.target"),
        ("end_user", "x" * 201, "$.target"),
    ],
)
def test_it_refuses_what_it_cannot_tell(acme: Tenant, what: str, target: str, path: str) -> None:
    remember(acme, "one")
    with within(acme.id):
        with pytest.raises(Invalid) as refused:
            begin_erasure(tenant_id=acme.id, by=CURATOR, what=what, target=target)
        assert [fault.path for fault in refused.value.faults] == [path]
        assert not MemoryErasure.objects.exists()


def test_it_refuses_while_an_import_could_bring_them_back(acme: Tenant) -> None:
    row = begin(acme, numbered(1))
    with within(acme.id):
        with pytest.raises(Conflict, match=str(row.id)):
            begin_erasure(tenant_id=acme.id, by=CURATOR, what="tenant")
        assert not MemoryErasure.objects.exists()


def test_it_refuses_the_same_twice_at_once(acme: Tenant) -> None:
    order(acme, "end_user", "anna")
    order(acme, "end_user", "bob")
    with pytest.raises(Conflict, match="already"):
        order(acme, "end_user", "anna")


def test_it_is_not_seen_by_another_tenant(acme: Tenant, globex: Tenant) -> None:
    row = erased(acme, "tenant")
    with within(globex.id):
        assert list(list_erasures(by=CURATOR)) == []
        with pytest.raises(ErasureNotFound):
            find_erasure(by=CURATOR, erasure_id=row.id)


def test_it_waits_while_the_storage_is_away(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(acme, numbered(2))
    row = order(acme, "tenant")
    with monkeypatch.context() as patch:
        patch.setattr("registry.artifacts.storage.LocalArtifacts.delete", _away)
        assert work_erasures() is False
    assert (now(acme, row).status, len(left(acme))) == (BulkStatus.RUNNING, 2)
    work_erasures()
    assert (now(acme, row).status, left(acme)) == (BulkStatus.SUCCEEDED, [])


def _away(*_: Any) -> None:
    raise OSError("away")


# --- Whole ---


def test_it_knows_every_table_of_memories() -> None:
    """A table with a tenant that is not named in targets.py would be left as it is, and nobody told."""
    named: set[type[Model]] = {Memory, *(kind for kind, _ in OF_MEMORIES), *OF_TENANTS, *OF_IMPORTS}
    not_about_memories: set[type[Model]] = {NamespaceRule, MemoryErasure, VectorIndex}
    of_tenants = {kind for kind in apps.get_app_config("memory").get_models() if hasattr(kind, "tenant")}
    assert of_tenants - named - not_about_memories == set()
    assert EmbeddingModel not in of_tenants


WORKER = """
import django
django.setup()
from memory.erasing import work
work.BATCH = 3
print("ready", flush=True)
while work.work_erasures():
    pass
"""


def test_it_is_whole_however_often_its_worker_is_killed(acme: Tenant) -> None:
    chance = random.Random(7)
    with within(acme.id):
        pass
    imported(acme, numbered(300, end_user="anna"))
    with within(acme.id):
        ids = sorted(Memory.objects.values_list("id", flat=True))
    row = order(acme, "end_user", "anna")
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.wait(10)
        process.stdout.close()
        until(lambda: not _others_in_transactions())
        with platform():
            MemoryErasure.objects.filter(id=row.id).update(lease_until=timezone.now() - timedelta(seconds=1))
            assert MemoryErasure.objects.get(id=row.id).ids == len(ids) - Memory.objects.count()
    while work_erasures():
        pass
    after = now(acme, row)
    assert (after.status, after.ids, after.removed["memory_memory"]) == (BulkStatus.SUCCEEDED, 300, 300)
    assert bytes(after.ids_digest) == chain(bytes(32), ids)
