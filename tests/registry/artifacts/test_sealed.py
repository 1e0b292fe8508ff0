"""Chunks: any part reads back, none opens elsewhere, and neither writing nor reading holds the whole."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tenant
from accounts.tenancy import NoScope, within
from integrations.errors import SealBroken
from integrations.patterns import read_pattern
from integrations.vault.chunks import (
    CHUNK_OVERHEAD,
    HEAD_BYTES,
    ChunkOpener,
    ChunkSealer,
    chunk_opener,
    chunk_sealer,
)
from integrations.vault.data_keys import current_key
from registry.artifacts.content import Content, content_of
from registry.artifacts.grep import grep
from registry.artifacts.reading import read_bytes, read_lines
from registry.artifacts.sealed import CHUNK_BYTES, MoreThanAllowed, Sealed, write
from registry.artifacts.storage import LocalArtifacts
from tests.registry.artifacts.kept import kept, kept_content

pytestmark = pytest.mark.django_db

TEXT = "".join(f"line {number} {'x' * (number * 7 % 90)}\n" for number in range(1, 6001)) + "the end, without a newline"
DATA = TEXT.encode()
LINES = TEXT.split("\n")


@pytest.fixture
def text(acme: Tenant, folder: LocalArtifacts) -> Sealed:
    return kept(acme, TEXT)


def file_of(sealed: Sealed, folder: LocalArtifacts) -> Path:
    return Path(folder.path(sealed.artifact.storage_name))


def test_it_says_what_it_wrote(text: Sealed) -> None:
    assert (text.size, text.artifact.line_count) == (len(DATA), 6001)
    assert len(DATA) > 4 * CHUNK_BYTES
    assert text.read(0, text.size) == DATA


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(start=st.integers(0, len(DATA) + 10), length=st.integers(0, 3 * CHUNK_BYTES))
def test_it_reads_any_part(text: Sealed, start: int, length: int) -> None:
    assert text.read(start, start + length) == DATA[start : start + length]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(line=st.integers(1, 6003))
def test_it_finds_every_line(text: Sealed, line: int) -> None:
    start = text.start_of_line(line)
    if line <= 6001:
        assert DATA[start:].split(b"\n", 1)[0].decode() == LINES[line - 1]
        assert text.line_at(start) == line
    else:
        assert start == text.size


def test_it_knows_no_line_of_nothing(acme: Tenant, folder: LocalArtifacts) -> None:
    empty = kept(acme, "")
    assert (empty.size, empty.artifact.line_count) == (0, 0)
    assert (empty.start_of_line(1), empty.start_of_line(2), empty.line_at(0)) == (0, 0, 1)
    assert empty.read(0, 10) == b""


def test_it_lets_nobody_read_the_file(text: Sealed, folder: LocalArtifacts) -> None:
    file = file_of(text, folder)
    assert b"line 1" not in file.read_bytes()
    chunks = -(-len(DATA) // CHUNK_BYTES)
    assert file.stat().st_size == HEAD_BYTES + len(DATA) + chunks * CHUNK_OVERHEAD
    modes = [path.stat().st_mode & 0o777 for path in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_it_opens_no_chunk_that_was_changed_moved_or_cut(text: Sealed, folder: LocalArtifacts) -> None:
    file, whole = file_of(text, folder), CHUNK_BYTES + CHUNK_OVERHEAD
    data = file.read_bytes()
    first, second = data[HEAD_BYTES : HEAD_BYTES + whole], data[HEAD_BYTES + whole : HEAD_BYTES + 2 * whole]
    for changed in (
        data[:HEAD_BYTES] + second + first + data[HEAD_BYTES + 2 * whole :],
        data[: HEAD_BYTES + 40] + b"\x00" + data[HEAD_BYTES + 41 :],
        data[: HEAD_BYTES + whole - 1],
    ):
        file.write_bytes(changed)
        with pytest.raises(SealBroken):
            text.read(0, 100_000)


def opener(tenant: Tenant, sealer: ChunkSealer, field: str) -> ChunkOpener:
    with within(tenant.id):
        return chunk_opener(
            tenant_id=tenant.id, purpose="artifact", field=field, head=sealer.head, sealed_key=sealer.sealed_key
        )


def test_it_opens_for_no_other_tenant_artifact_or_purpose(acme: Tenant, globex: Tenant) -> None:
    with within(acme.id):
        sealer = chunk_sealer(tenant_id=acme.id, purpose="artifact", field="one")
        other = chunk_sealer(tenant_id=acme.id, purpose="artifact", field="two")
        with pytest.raises(NoScope):
            chunk_sealer(tenant_id=globex.id, purpose="artifact", field="one")
    with within(globex.id):
        chunk_sealer(tenant_id=globex.id, purpose="artifact", field="one")  # so that there is a key
    for tenant, field in [(acme, "two"), (globex, "one")]:
        with pytest.raises(SealBroken):
            opener(tenant, sealer, field)
    with pytest.raises(SealBroken):
        opener(acme, other, "two").open(0, sealer.seal(0, b"secret"))


HEADS = [b"", b"\x02\x00\x00\x00", b"\x01\x00\x00\x00\x01", b"\x02\x00\x00\x00\x09", b"\x03\x00\x00\x00\x01"]


@pytest.mark.parametrize("head", HEADS)
def test_it_opens_nothing_that_no_key_of_the_tenant_made(acme: Tenant, head: bytes) -> None:
    with within(acme.id), pytest.raises(SealBroken):
        chunk_opener(tenant_id=acme.id, purpose="artifact", field="one", head=head, sealed_key=b"")


def test_it_opens_what_the_data_key_has_sealed_formerly(acme: Tenant) -> None:
    head = b"\x02\x00\x00\x00\x01"
    with within(acme.id):
        _, key = current_key(acme.id)
        old = ChunkSealer(head, acme.id, "artifact", "one", key, b"")
        new = chunk_opener(tenant_id=acme.id, purpose="artifact", field="one", head=head, sealed_key=b"")
    assert new.open(7, old.seal(7, b"secret")) == b"secret"


def test_it_puts_nothing_down_when_there_is_more_than_allowed(acme: Tenant, folder: LocalArtifacts) -> None:
    with within(acme.id):
        sealer = chunk_sealer(tenant_id=acme.id, purpose="artifact", field="one")
    with pytest.raises(MoreThanAllowed):
        write("a/b", content_of(TEXT).pieces(), sealer, most=CHUNK_BYTES)
    assert not Path(folder.location).exists()


FIFTY_MEGABYTES = 50_000_000
BOUND = 8_000_000


def peak_of(work: object) -> int:
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    work()  # type: ignore[operator]
    return tracemalloc.get_traced_memory()[1] - before


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_it_holds_a_small_part_of_fifty_megabytes(acme: Tenant, folder: LocalArtifacts, traced: None) -> None:
    """Of what is written, and of what is read of it anywhere: a sixth at most, and most of that is one range."""
    content = Content("text/plain", True, ("x" * 99 + "\n") * (FIFTY_MEGABYTES // 100))
    sealed: list[Sealed] = []
    assert peak_of(lambda: sealed.append(kept_content(acme, content))) < BOUND
    (text,) = sealed
    assert text.size == FIFTY_MEGABYTES
    assert peak_of(lambda: read_bytes(text, FIFTY_MEGABYTES - 1000, 1000)) < BOUND
    assert peak_of(lambda: read_lines(text, 499_990, None, 16_000)) < BOUND
    assert peak_of(lambda: grep(text, read_pattern("nothing"), offset=FIFTY_MEGABYTES // 2)) < BOUND
    assert peak_of(lambda: [None for _ in text.parts(0)]) < BOUND


def test_it_writes_fifty_megabytes_of_json_as_flat(acme: Tenant, folder: LocalArtifacts, traced: None) -> None:
    item = {"id": 1, "text": "x" * 9_980}
    content = content_of({"items": [item] * (FIFTY_MEGABYTES // 10_000)})
    assert peak_of(lambda: kept_content(acme, content)) < BOUND
