import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.models import Tenant
from integrations.patterns import read_pattern
from registry.artifacts import grep as grep_module
from registry.artifacts.grep import LONGEST_LINE, MOST_MATCHES, Found, grep
from registry.artifacts.sealed import CHUNK_BYTES, Sealed
from registry.artifacts.storage import LocalArtifacts
from tests.registry.artifacts.kept import kept

pytestmark = pytest.mark.django_db

LOG = "".join(f"{number:05} {'ERROR disk full' if number % 50 == 0 else 'ok'}\n" for number in range(1, 20_001))
LINES = LOG.split("\n")


@pytest.fixture
def log(acme: Tenant, folder: LocalArtifacts) -> Sealed:
    return kept(acme, LOG)


def numbers(found: Found) -> list[int]:
    return [match.line.number for match in found.matches]


def test_it_finds_lines_with_their_number_and_offset(log: Sealed) -> None:
    found = grep(log, read_pattern(r"0005\d ERROR"))
    assert [(match.line.number, match.line.text) for match in found.matches] == [(50, "00050 ERROR disk full")]
    (match,) = found.matches
    assert LOG.encode()[match.line.offset :].startswith(b"00050 ERROR")
    assert (found.next_offset, found.scanned_bytes) == (None, len(LOG))


def test_it_shows_the_lines_around(log: Sealed) -> None:
    (match,) = grep(log, read_pattern("00100 ERROR"), context=2).matches
    assert [line.text for line in match.before] == ["00098 ok", "00099 ok"]
    assert [line.number for line in match.after] == [101, 102]


def test_it_goes_on_where_it_ended(log: Sealed) -> None:
    found, seen, offset = None, [], 0
    while found is None or found.next_offset is not None:
        found = grep(log, read_pattern("ERROR"), offset=offset, context=1)
        seen += numbers(found)
        assert len(found.matches) <= MOST_MATCHES
        offset = found.next_offset or 0
    assert seen == list(range(50, 20_001, 50))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(offset=st.integers(0, len(LOG)))
def test_it_counts_lines_from_any_offset(log: Sealed, offset: int) -> None:
    found = grep(log, read_pattern("ERROR"), offset=offset)
    for match in found.matches[:3]:
        assert LINES[match.line.number - 1].endswith(match.line.text)


def test_it_reads_lines_that_lie_in_two_chunks(acme: Tenant, folder: LocalArtifacts) -> None:
    text = "x" * (CHUNK_BYTES - 5) + "\nneedle here\n"
    assert numbers(grep(kept(acme, text), read_pattern("^needle here$"))) == [2]


@pytest.mark.parametrize("text", ["10 %\r20 %\r100 %\nneedle\r\n", "\r\n\r\r\vneedle\x85", "\n\n\nneedle", "needle"])
def test_it_counts_lines_as_they_are_read(text: str, acme: Tenant, folder: LocalArtifacts) -> None:
    """A carriage return, as progress bars write it, ends no line."""
    progress = kept(acme, text)
    (match,) = grep(progress, read_pattern("needle")).matches
    line = match.line
    assert (line.number, line.offset) == (progress.line_at(line.offset), progress.start_of_line(line.number))
    assert line.text == text.split("\n")[line.number - 1].rstrip("\r")


def test_it_shows_of_a_long_line_the_part_in_which_it_was_found(acme: Tenant, folder: LocalArtifacts) -> None:
    text = "x" * 3_000 + "needle" + "y" * 3_000 + "\nneedle\n"
    first, second = grep(kept(acme, text), read_pattern("needle")).matches
    assert "needle" in first.line.text
    assert (len(first.line.text), first.line.text[0], first.line.text[-1]) == (502, "…", "…")
    assert (second.line.number, second.line.text) == (2, "needle")


def test_it_looks_at_endless_lines_in_pieces(acme: Tenant, folder: LocalArtifacts) -> None:
    text = kept(acme, "a" * (3 * LONGEST_LINE) + "needle")
    (match,) = grep(text, read_pattern("needle")).matches
    assert (match.line.number, match.line.offset) == (1, 3 * LONGEST_LINE)


def test_it_stops_after_so_many_bytes(log: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grep_module, "MOST_SCANNED_BYTES", 1000)
    found = grep(log, read_pattern("nothing like it"))
    assert found.matches == []
    assert found.next_offset == found.scanned_bytes
    assert 1000 <= found.scanned_bytes < 1100


def test_it_stops_when_it_has_taken_its_time(log: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grep_module, "PATIENCE_SECONDS", -1.0)
    found = grep(log, read_pattern("ERROR"))
    assert (found.scanned_bytes, found.next_offset) == (9, 9)


def test_it_finds_what_python_finds(log: Sealed) -> None:
    expected = [number for number, line in enumerate(LINES, 1) if re.search(r"^\d*7\b.*ok$", line)][:MOST_MATCHES]
    assert numbers(grep(log, read_pattern(r"^\d*7\b.*ok$"))) == expected


def test_it_looks_into_text_only(acme: Tenant, folder: LocalArtifacts) -> None:
    picture = kept(acme, {"content_type": "image/png", "base64": "iVBORw=="})
    with pytest.raises(Invalid) as refused:
        grep(picture, read_pattern("P"))
    assert [fault.path for fault in refused.value.faults] == ["grep"]


def test_it_is_done_with_nothing(acme: Tenant, folder: LocalArtifacts) -> None:
    assert grep(kept(acme, ""), read_pattern("x")) == Found([], 0, None)
