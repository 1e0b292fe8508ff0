import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Tenant
from accounts.tenancy import within
from memory.models import BulkStatus, Memory, MemoryImport
from tests.memory.bulk_lines import as_lines, contents, numbered
from tests.memory.remembering import remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "acme")]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(numbered(2) + as_lines({}))
    return path


def memory(*words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("memory", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_imports_a_file_and_says_how_far_it_is(acme: Tenant, lines: Path) -> None:
    said, faults = memory("import", str(lines), "--tenant", "acme", "--namespace", "crm", "--wait")
    assert "3 lines." in said
    assert "3 of 3 lines: 2 created, 0 there already, 1 refused" in said
    assert faults == "Line 3: $.content: This is needed.\n"
    with within(acme.id):
        assert set(Memory.objects.values_list("namespace", "trust", "created_by")) == {
            ("crm/", "untrusted", "system:memory")
        }


def test_it_leaves_an_import_to_the_workers(acme: Tenant, lines: Path) -> None:
    memory("import", str(lines), "--tenant", "acme")
    with within(acme.id):
        assert MemoryImport.objects.get().status == BulkStatus.WAITING


def test_it_reads_standard_input(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(numbered(1))))
    memory("import", "-", "--tenant", "acme", "--wait", "--trust", "trusted")
    assert contents(acme) == ["memory 0"]


def test_it_says_why_an_import_failed(acme: Tenant, lines: Path, settings: Any) -> None:
    settings.MEMORY_QUOTA = 1
    with pytest.raises(CommandError, match="ended as failed"):
        memory("import", str(lines), "--tenant", "acme", "--wait")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "/nowhere", "--tenant", "acme"), "/nowhere cannot be read"),
        (("import", "/dev/null", "--tenant", "nobody"), "There is no tenant `nobody`"),
        (("import", "/dev/null", "--tenant", "acme"), "There is nothing to import. .*Send a memory on each line"),
        (("export", "--tenant", "acme", "--namespace", "a b"), "This is no namespace"),
    ],
)
def test_it_says_what_is_wrong(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        memory(*words)


def test_it_exports_what_it_can_import(acme: Tenant, globex: Tenant, tmp_path: Path) -> None:
    remember(acme, "one", end_user="anna")
    remember(acme, "two")
    file = tmp_path / "out.jsonl"
    assert memory("export", "--tenant", "acme", "--output", str(file))[0] == "2 memories.\n"
    assert list(tmp_path.glob("*.part")) == []
    assert file.stat().st_mode & 0o777 == 0o600
    memory("import", str(file), "--tenant", "globex", "--wait")
    assert contents(globex) == ["one", "two"]
    said, _ = memory("export", "--tenant", "acme", "--end-user", "anna", "--deleted", "--vectors")
    assert [json.loads(line)["content"] for line in said.splitlines()] == ["one"]


def test_it_counts_what_it_would_erase(acme: Tenant) -> None:
    remember(acme, "one", end_user="anna")
    with pytest.raises(CommandError, match="Say --yes"):
        memory("erase", "--tenant", "acme", "--end-user", "anna")
    assert contents(acme) == ["one"]


@pytest.mark.parametrize(
    ("which", "left"),
    [(("--end-user", "anna"), ["two"]), (("--namespace", "crm"), ["one"]), (("--all",), [])],
)
def test_it_erases_and_prints_the_proof(acme: Tenant, which: tuple[str, ...], left: list[str]) -> None:
    remember(acme, "one", end_user="anna")
    remember(acme, "two", namespace="crm")
    said, _ = memory("erase", "--tenant", "acme", *which, "--yes")
    assert f"memory_memory: {2 - len(left)} removed, 0 found afterwards." in said
    assert "Backups and the write-ahead log" in said
    assert contents(acme) == left
