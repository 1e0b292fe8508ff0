import json
import logging
from pathlib import Path
from typing import Any

import pytest

from integrations.importing import reader
from integrations.importing.files import Files
from integrations.importing.reader import TOO_MUCH, Order, Unread, read_files
from integrations.openapi.bundle import Unfetched
from tests.integrations.openapi.described import description, fetch_nothing


def order(content: bytes, **fields: Any) -> Order:
    return Order("parcels", Files("main", {"main": content}), **fields)


def ignore(done: int, total: int) -> None:
    """Nobody watches."""


def described(paths: Any) -> bytes:
    return json.dumps(description(paths)).encode()


def test_it_reads_in_a_process_of_its_own_and_says_how_far_it_is() -> None:
    steps: list[tuple[int, int]] = []
    reading = read_files(
        order(described({"/a": {"get": {}}}), known={"GET /a": "mine"}),
        fetch=fetch_nothing,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert list(reading.document["actions"]) == ["mine"]
    assert reading.report["actions"] == 1
    assert steps == [(0, 1), (1, 1)]


def test_it_fetches_for_the_process_that_has_no_network() -> None:
    def fetch(url: str) -> bytes:
        if url.endswith("a.json"):
            return b'{"get": {}}'
        raise Unfetched("It may not be called.")

    paths = {"/a": {"$ref": "https://x.example.com/a.json"}, "/b": {"$ref": "https://x.example.com/b.json"}}
    reading = read_files(order(described(paths)), fetch=fetch, progress=ignore)
    assert list(reading.document["actions"]) == ["get-a"]
    assert "It may not be called." in str(reading.report["warnings"])


def test_it_says_why_nothing_can_be_read() -> None:
    with pytest.raises(Unread, match="neither YAML nor JSON"):
        read_files(order(b"a: b: c"), fetch=fetch_nothing, progress=ignore)


def put_in_its_place(monkeypatch: pytest.MonkeyPatch, folder: Path, source: str) -> None:
    """Another program than the one that reads."""
    (folder / "misbehaving.py").write_text(source)
    monkeypatch.setattr(reader, "ROOT", folder)
    monkeypatch.setattr(reader, "MODULE", "misbehaving")


def test_it_ends_a_process_that_takes_too_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_its_place(monkeypatch, tmp_path, "import time; time.sleep(600)")
    monkeypatch.setattr(reader, "LONGEST_SECONDS", 0.2)
    with pytest.raises(Unread, match=TOO_MUCH.partition(".")[0]):
        read_files(order(b"a: 1"), fetch=fetch_nothing, progress=ignore)


def test_it_says_when_the_memory_was_not_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_its_place(
        monkeypatch,
        tmp_path,
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (200_000_000, 200_000_000)); x = b'x' * 10**9",
    )
    with pytest.raises(Unread, match="more memory or time than an import may take"):
        read_files(order(b"a: 1"), fetch=fetch_nothing, progress=ignore)


def test_it_takes_a_fault_of_ours_upon_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_in_its_place(monkeypatch, tmp_path, "raise KeyError('what the file holds')")
    with caplog.at_level(logging.ERROR), pytest.raises(Unread, match="it is our fault"):
        read_files(order(b"a: 1"), fetch=fetch_nothing, progress=ignore)
    assert caplog.messages == ["Reading a description ended with KeyError."]


def test_it_hands_over_nothing_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    source = "import os, sys; sys.exit(0 if not {'DATABASE_URL', 'SECRET_KEY'} & set(os.environ) else 7)"
    put_in_its_place(monkeypatch, tmp_path, f"{source}")
    with pytest.raises(Unread):
        read_files(order(b"a: 1"), fetch=fetch_nothing, progress=ignore)
