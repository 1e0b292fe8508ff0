"""A rotation of the data key, seen from every place of this floor."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.authenticate import caller_of
from accounts.ids import new_id
from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.models import RekeyingState
from integrations.vault import derived_key
from integrations.vault.memory import in_memory
from registry.approvals.digest import is_same_input, seal_digest
from registry.artifacts.find import open_artifact
from registry.artifacts.storage import LocalArtifacts
from registry.execution.sealed_output import as_told, sealed_output
from registry.execution.types import Told
from registry.models import Approval, Artifact, Execution, Tool
from registry.redaction import PURPOSE
from tests.catalogue import Register
from tests.integrations.vault.rekeyed import alive, execution, finish, go_through, rekeying, rotate
from tests.registry.artifacts.kept import kept


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> None:
    in_memory.clear()


def rotate_to_the_end(tenant: Tenant, version: int) -> None:
    rotate(tenant)
    finish(tenant)
    in_memory.clear()
    assert alive(tenant) == [version]


def test_hashes_stay_the_same(acme: Tenant) -> None:
    with within(acme.id):
        before = derived_key(acme.id, PURPOSE)
    for version in (2, 3):
        rotate_to_the_end(acme, version)
    with within(acme.id):
        assert derived_key(acme.id, PURPOSE) == before


def test_an_artifact_opens_and_its_content_is_not_touched(acme: Tenant, alice: Person, folder: LocalArtifacts) -> None:
    made = kept(acme, "a long text").artifact
    made.created_at, made.expires_at = timezone.now(), timezone.now() + timedelta(days=7)
    with within(acme.id):
        made.save(force_insert=True)
    content = (Path(folder.location) / made.storage_name).read_bytes()
    rotate_to_the_end(acme, 2)
    with within(acme.id):
        found = open_artifact(made.execution_id, reader=caller_of(alice))
    assert found.read(0, 100) == b"a long text"
    assert (Path(folder.location) / made.storage_name).read_bytes() == content


def test_a_key_stays_until_the_content_that_it_sealed_itself_has_expired(acme: Tenant) -> None:
    execution(acme)
    with within(acme.id):
        _artifact_of_before(acme)
    rotate(acme)
    finish(acme)
    assert (rekeying(acme).state, alive(acme)) == (RekeyingState.SETTLING, [1, 2])
    with within(acme.id):
        Artifact.objects.all().delete()
    go_through(acme, hours=2)
    assert (rekeying(acme).state, alive(acme)) == (RekeyingState.DONE, [2])


def _artifact_of_before(tenant: Tenant) -> None:
    now = timezone.now()
    Artifact.objects.create(
        tenant=tenant,
        execution_id=new_id(),
        media_type="text/plain",
        is_text=True,
        size=1,
        sealed_head=b"\x02\x00\x00\x00\x01",
        newlines_before=b"",
        created_at=now,
        expires_at=now + timedelta(days=7),
    )


def test_a_caller_is_told_what_it_was_told(acme: Tenant, scout: Any) -> None:
    row = execution(acme)
    with within(acme.id):
        told = Told(output={"card": "4111"}, stored={"card": "[redacted:card]"}, whole=None)
        Execution.objects.filter(id=row.id).update(
            agent=scout, output=told.stored, sealed_output=sealed_output(acme.id, row.id, told)
        )
    rotate_to_the_end(acme, 2)
    with within(acme.id):
        assert as_told(Execution.objects.get(), scout.id).output == {"card": "4111"}


def test_an_approval_still_stands_for_its_input(acme: Tenant, register: Register) -> None:
    tool, row, raw = register(), execution(acme), {"account": 7}
    with within(acme.id):
        digest = seal_digest(tenant_id=acme.id, execution_id=row.id, operation="", raw=raw)
        made = _approval(row, tool, digest)
    rotate_to_the_end(acme, 2)
    with within(acme.id):
        is_same = partial(
            is_same_input,
            tenant_id=acme.id,
            execution_id=row.id,
            sealed=Approval.objects.get(id=made.id).input_digest,
            operation="",
        )
        assert (is_same(raw={"account": 7}), is_same(raw={"account": 8})) == (True, False)


def _approval(row: Execution, tool: Tool, digest: bytes) -> Approval:
    now = timezone.now()
    return Approval.objects.create(
        tenant_id=row.tenant_id,
        execution=row,
        tool=tool,
        tool_version=tool.versions.get(),
        asked_by="agent:x",
        tool_slug=tool.slug,
        version="1.0.0",
        input_digest=digest,
        requested_at=now,
        expires_at=now + timedelta(hours=1),
    )
