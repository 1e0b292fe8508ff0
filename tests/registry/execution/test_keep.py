"""Answers above the threshold, through the whole corridor."""

import base64
import hashlib
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from registry.artifacts.find import open_artifact
from registry.artifacts.storage import LocalArtifacts, all_names
from registry.execution.types import Outcome
from registry.models import Artifact
from registry.models.execution import Status
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.rows import stored
from tests.storages import Bucket
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

CONTACTS = {"items": [{"id": number, "name": f"Contact {number}", "note": "n" * 80} for number in range(1000)]}
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(autouse=True)
def _in_a_folder(folder: LocalArtifacts) -> None:
    """No test of these writes anywhere else."""


def answering(upstream: Upstream, value: Any) -> None:
    upstream.will(Scripted(body=json.dumps(value).encode()))


def content(tenant: Tenant, outcome: Outcome) -> bytes:
    with within(tenant.id):
        sealed = open_artifact(outcome.id, reader=manager_of(tenant))
    return sealed.read(0, sealed.size)


def test_it_tells_a_part_and_keeps_the_whole(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.status == Status.SUCCEEDED
    assert outcome.truncated is not None
    assert outcome.artifact is not None
    kept = len(outcome.output["items"])
    assert outcome.output == {"items": CONTACTS["items"][:kept]}
    assert outcome.truncated["cuts"] == [{"path": "$.items", "what": "items", "kept": kept, "of": 1000}]
    assert outcome.truncated["rest"].startswith(f"GET /api/v1/executions/{outcome.id}/artifact/?offset=0")
    assert outcome.whole == CONTACTS
    data = content(acme, outcome)
    assert json.loads(data) == CONTACTS
    assert {name: outcome.artifact[name] for name in ("media_type", "size", "sha256", "lines", "url")} == {
        "media_type": "application/json",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "lines": 1004,
        "url": f"/api/v1/executions/{outcome.id}/artifact/",
    }
    row = stored(acme, outcome)
    assert (row.output, row.artifact, row.truncated) == (outcome.output, outcome.artifact, outcome.truncated)


def test_it_keeps_nothing_of_what_is_told_whole(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, {"text": "x" * 60_000})
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.artifact, outcome.truncated, outcome.output) == (None, None, {"text": "x" * 60_000})
    assert list(all_names()) == []
    with within(acme.id):
        assert Artifact.objects.count() == 0


def test_it_draws_the_line_where_the_tool_does(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(artifact_threshold_bytes=1000, artifact_ttl_seconds=120)
    upstream.will(Scripted(body=b"x" * 998, headers=TEXT), Scripted(body=b"x" * 999, headers=TEXT))
    assert corridor.call("crm-find", {"account": 7}).artifact is None
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.artifact is not None
    assert (outcome.artifact["media_type"], outcome.artifact["size"]) == ("text/plain", 999)
    assert len(json.dumps(outcome.output)) <= 1000


def test_it_keeps_the_rest_of_what_a_budget_cut(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True)
    answering(upstream, {"items": list(range(500))})
    outcome = corridor.call("crm-find", {"account": 7}, max_tokens=50, fields=("items",))
    assert json.loads(content(acme, outcome)) == {"items": list(range(500))}


def test_it_keeps_it_as_long_as_tool_tenant_or_installation_say(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    settings.ARTIFACT_TTL_SECONDS = 3000
    register()
    register(slug="brief", artifact_ttl_seconds=120)
    answering(upstream, CONTACTS)
    lives = [life_of(acme, corridor.call("crm-find", {"account": 7}))]
    with within(acme.id):
        acme.artifact_ttl_seconds = 600
        acme.save()
    lives += [life_of(acme, corridor.call(slug, {"account": 7})) for slug in ("crm-find", "brief")]
    assert lives == [timedelta(seconds=3000), timedelta(seconds=600), timedelta(seconds=120)]


def life_of(tenant: Tenant, outcome: Outcome) -> timedelta:
    with within(tenant.id):
        artifact = Artifact.objects.get(execution_id=outcome.id)
    return artifact.expires_at - artifact.created_at


def test_it_keeps_bytes_in_their_type(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    picture = b"\x89PNG" + bytes(range(256)) * 400
    register()
    upstream.will(
        Scripted(body=b"\x89PNG", headers={"Content-Type": "image/png"}),
        Scripted(body=picture, headers={"Content-Type": "image/png"}),
    )
    small, large = corridor.call("crm-find", {"account": 7}), corridor.call("crm-find", {"account": 7})
    assert small.output == {"content_type": "image/png", "base64": "iVBORw=="}
    assert small.truncated is None
    assert content(acme, small) == b"\x89PNG"
    assert large.output == {"content_type": "image/png"}
    assert large.artifact is not None
    assert (large.artifact["media_type"], large.artifact["tokens"], large.artifact["lines"]) == (
        "image/png",
        None,
        None,
    )
    assert large.truncated is not None
    length = len(base64.b64encode(picture))
    assert large.truncated["cuts"] == [{"path": "$.base64", "what": "characters", "kept": 0, "of": length}]
    assert large.truncated["rest"] == f"GET /api/v1/executions/{large.id}/artifact/content/ gives the bytes."
    assert content(acme, large) == picture


def test_it_says_when_the_quota_is_used_up(
    acme: Tenant, globex: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(body=b"x" * 70_000, headers=TEXT))
    with within(acme.id):
        acme.artifact_quota_bytes = 150_000
        acme.save()
    outcomes = [corridor.call("crm-find", {"account": 7}) for _ in range(3)]
    assert [outcome.status for outcome in outcomes] == [Status.SUCCEEDED] * 3
    assert [outcome.artifact is not None for outcome in outcomes] == [True, True, False]
    last = outcomes[-1]
    assert last.truncated is not None
    assert last.truncated["rest"].startswith("It was not kept: the tenant's artifacts may take 150,000 bytes together")
    assert last.output.startswith("xxx")
    assert len(list(all_names())) == 2
    row = stored(acme, last)
    assert (row.artifact, row.truncated) == (None, last.truncated)


def test_it_succeeds_when_the_storage_is_away(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, tmp_path: Path, settings: Any
) -> None:
    blocked = tmp_path / "blocked"
    blocked.touch()
    backend = {"BACKEND": "registry.artifacts.storage.LocalArtifacts", "OPTIONS": {"location": str(blocked)}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.artifact) == (Status.SUCCEEDED, None)
    assert outcome.truncated is not None
    assert "the storage for artifacts is away" in outcome.truncated["rest"]
    with within(acme.id):
        assert Artifact.objects.count() == 0


class Hanging(LocalArtifacts):
    """Takes nothing until it is let go."""

    let_go = threading.Event()
    asked_by: ClassVar[list[str]] = []

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        self.asked_by.append(threading.current_thread().name)
        self.let_go.wait(60)
        return super().save(name, content, max_length)


def test_it_does_not_wait_for_a_storage_that_hangs(
    acme: Tenant,
    corridor: Corridor,
    register: Register,
    upstream: Upstream,
    folder: LocalArtifacts,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it takes later is left for the sweep."""
    backend = {"BACKEND": f"{__name__}.Hanging", "OPTIONS": {"location": folder.location}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    monkeypatch.setattr("registry.artifacts.keep.PATIENCE_SECONDS", 0.1)
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.artifact) == (Status.SUCCEEDED, None)
    assert outcome.truncated is not None
    assert outcome.truncated["rest"].startswith("It could not be kept: the storage for artifacts took more than")
    assert [name.partition("_")[0] for name in Hanging.asked_by] == ["storage"]
    Hanging.let_go.set()
    until(lambda: len(list(all_names())) == 1)
    with within(acme.id):
        assert Artifact.objects.count() == 0


def test_it_keeps_in_a_bucket(
    acme: Tenant,
    bucket: Bucket,
    corridor: Corridor,
    register: Register,
    upstream: Upstream,
) -> None:
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7})
    assert json.loads(content(acme, outcome)) == CONTACTS
    (name,) = all_names()
    assert name.startswith(f"{acme.id}/")
    assert b"Contact" not in bucket.content(name)


def test_it_names_the_artifact_in_the_audit_entry(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.artifact is not None
    with within(acme.id):
        detail = AuditEntry.objects.get(subject=f"execution:{outcome.id}").detail
    assert (detail["artifact"], detail["sha256"]) == (outcome.artifact["id"], outcome.artifact["sha256"])


def test_it_tells_a_replay_where_the_rest_is(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    answering(upstream, CONTACTS)
    first = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    again = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert (again.id, again.artifact, again.truncated) == (first.id, first.artifact, first.truncated)
    assert len(list(all_names())) == 1


def test_it_keeps_what_the_caller_may_see_and_masks_the_row(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, {"password": "hunter2", "items": ["x" * 100] * 1000})
    outcome = corridor.call("crm-find", {"account": 7})
    assert b"hunter2" in content(acme, outcome)
    assert "hunter2" not in str(stored(acme, outcome).output)


def test_it_takes_fifty_megabytes(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    size = 50_000_000
    register(max_output_bytes=size, timeout_ms=60_000)
    upstream.will(Scripted(body=b"0123456789abcde\n" * (size // 16), headers=TEXT))
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.artifact is not None
    assert (outcome.artifact["size"], outcome.artifact["lines"]) == (size, size // 16)
    assert len(json.dumps(stored(acme, outcome).output)) < 10_000
    with within(acme.id):
        sealed = open_artifact(outcome.id, reader=manager_of(acme))
    assert sealed.read(size - 16, size) == b"0123456789abcde\n"


def test_it_masks_in_the_row_of_a_very_large_answer_and_trusts_nobody_with_the_rest(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    key = "sk-proj-" + "a1B2c3D4" * 6
    items = [{"password": "hunter2", "log": "x " * 80 + key + " y" * 5000} for _ in range(150)]
    register()
    answering(upstream, {"items": items})
    outcome = corridor.call("crm-find", {"account": 7})
    row = stored(acme, outcome)
    assert len(outcome.output["items"]) == len(row.output["items"]) > 0  # type: ignore[index]
    assert "hunter2" in str(outcome.output)
    assert "hunter2" not in str(row.output)
    assert "sk-proj" not in str(row.output)
    with within(acme.id):
        assert Artifact.objects.get().holds_secrets


def test_it_costs_one_read_and_no_further_write(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    """The row goes in with the execution's; what is told whole costs nothing more."""
    register(read_only=True)
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7})
    with platform():
        artifact = Artifact.objects.get()
    assert (artifact.execution_id, artifact.tenant_id) == (outcome.id, acme.id)
