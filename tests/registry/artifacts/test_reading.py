import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.models import Tenant
from registry.artifacts.reading import LARGEST_PARSED_BYTES, read_bytes, read_lines, read_path
from registry.artifacts.sealed import Sealed
from registry.artifacts.storage import LocalArtifacts
from tests.registry.artifacts.kept import kept

pytestmark = pytest.mark.django_db

LETTERS = "a\u00e9\u4f60\U0001f642\n" * 300
POEM = "one\ntwo\nthree\nfour\nfive\n"
CONTACTS = {"items": [{"id": number, "name": f"Contact {number}"} for number in range(100)], "total": 100}
SUPPRESSED = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def letters(acme: Tenant, folder: LocalArtifacts) -> Sealed:
    return kept(acme, LETTERS)


@pytest.fixture
def poem(acme: Tenant, folder: LocalArtifacts) -> Sealed:
    return kept(acme, POEM)


@settings(suppress_health_check=SUPPRESSED, deadline=None)
@given(limit=st.integers(16, 500))
def test_it_gives_the_whole_text_part_by_part(letters: Sealed, limit: int) -> None:
    parts, offset = [], 0
    while True:
        part = read_bytes(letters, offset, limit)
        assert part.offset == offset
        assert len(part.content.encode()) <= limit
        parts.append(part.content)
        if part.next_offset is None:
            break
        offset = part.next_offset
    assert "".join(parts) == LETTERS


@settings(suppress_health_check=SUPPRESSED, deadline=None)
@given(offset=st.integers(0, len(LETTERS.encode()) + 5))
def test_it_begins_and_ends_with_a_whole_letter(letters: Sealed, offset: int) -> None:
    part = read_bytes(letters, offset, 16)
    assert "\ufffd" not in part.content
    assert 0 <= part.offset - offset <= 3
    assert LETTERS.encode()[part.offset :].startswith(part.content.encode())


def test_it_gives_bytes_in_base64(acme: Tenant, folder: LocalArtifacts) -> None:
    data = bytes(range(256)) * 10
    picture = kept(acme, {"content_type": "image/png", "base64": base64.b64encode(data).decode()})
    part = read_bytes(picture, 100, 200)
    assert (base64.b64decode(part.content), part.encoding, part.next_offset) == (data[100:300], "base64", 300)
    with pytest.raises(Invalid) as refused:
        read_lines(picture, 1, None, 100)
    assert [fault.path for fault in refused.value.faults] == ["lines"]


@pytest.mark.parametrize(
    ("first", "last", "limit", "content", "lines", "next_line"),
    [
        (1, 2, 100, "one\ntwo\n", (1, 2), 3),
        (2, None, 100, "two\nthree\nfour\nfive\n", (2, 5), None),
        (4, 99, 100, "four\nfive\n", (4, 5), None),
        (1, None, 16, "one\ntwo\nthree\n", (1, 3), 4),
        (6, None, 100, "", None, None),
    ],
)
def test_it_gives_lines(
    poem: Sealed, first: int, last: int | None, limit: int, content: str, lines: Any, next_line: int | None
) -> None:
    part = read_lines(poem, first, last, limit)
    assert (part.content, part.lines, part.next_line) == (content, lines, next_line)


def test_it_begins_a_line_that_is_longer_than_the_limit(acme: Tenant, folder: LocalArtifacts) -> None:
    text = kept(acme, "short\n" + "x" * 100 + "\nlast\n")
    part = read_lines(text, 2, None, 20)
    assert (part.content, part.lines, part.next_line, part.next_offset) == ("x" * 20, (2, 2), 2, 26)
    assert part.next_offset is not None
    assert read_bytes(text, part.next_offset, 200).content == "x" * 80 + "\nlast\n"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.total", 100),
        ("$.items[3]", {"id": 3, "name": "Contact 3"}),
        ("$.items[-1].id", 99),
        ("$.items[0:2].id", [0, 1]),
        ("$.items[?@.id > 97].name", ["Contact 98", "Contact 99"]),
        ("$..nothing", []),
    ],
)
def test_it_gives_what_a_path_leads_to(acme: Tenant, folder: LocalArtifacts, path: str, value: Any) -> None:
    assert read_path(kept(acme, CONTACTS), path, 4000) == {"value": value, "cuts": [], "more_cuts": 0}


def test_it_cuts_what_a_path_leads_to(acme: Tenant, folder: LocalArtifacts) -> None:
    found = read_path(kept(acme, CONTACTS), "$.items", 100)
    assert found["cuts"] == [{"path": "$", "what": "items", "kept": len(found["value"]), "of": 100}]


@pytest.mark.parametrize(
    ("path", "hint"),
    [("$.nothing", "nothing at this place"), ("items", "not a JSON path"), ("$..a..b", "more than once")],
)
def test_it_says_what_is_wrong_with_a_path(acme: Tenant, folder: LocalArtifacts, path: str, hint: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_path(kept(acme, CONTACTS), path, 4000)
    assert hint in refused.value.faults[0].message


def test_it_reads_paths_in_json_only_and_not_in_too_much(acme: Tenant, folder: LocalArtifacts, poem: Sealed) -> None:
    with pytest.raises(Invalid) as refused:
        read_path(poem, "$", 4000)
    assert "no JSON" in refused.value.faults[0].message
    contacts = kept(acme, CONTACTS)
    contacts.artifact.size = LARGEST_PARSED_BYTES + 1
    with pytest.raises(Invalid) as refused:
        read_path(contacts, "$", 4000)
    assert "longer than 20,000,000 bytes" in refused.value.faults[0].message
