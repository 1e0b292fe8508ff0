"""The page on webhook schemes says what the reader takes and the engine gives."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from integrations.documents import read_document
from integrations.schema_faults import schema_in
from tests.docs.pages import ROOT, blocks, column, page, plain, rows
from tests.docs.test_connectors import shown
from webhooks.signatures.challenge import LONGEST_VALUE
from webhooks.signatures.check import BUILT_IN, SECRET
from webhooks.signatures.event import LONGEST
from webhooks.signatures.filters import FILTERS, KEYED
from webhooks.signatures.read import SCHEMA, read_scheme
from webhooks.signatures.samples import SCHEMA as SAMPLE_SCHEMA
from webhooks.signatures.types import MOST_CANDIDATES, MOST_SECRETS, Method
from webhooks.signatures.verdict import Reason

PAGE = "docs/reference/webhook-schemes.md"
READER = "tests/webhooks/signatures/vector_files.py"


def part(name: str = "") -> Mapping[str, Any]:
    schema = schema_in(SCHEMA)
    found: Mapping[str, Any] = schema["$defs"][name] if name else schema
    return found


def described(field: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**(part(field["$ref"].rpartition("/")[2]) if "$ref" in field else {}), **field}


def written(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    fields = {name: described(field) for name, field in found["properties"].items()}
    needed = found.get("required", ())
    return [
        (name, "needed" if name in needed else shown(field), field["description"]) for name, field in fields.items()
    ]


def documented(heading: str) -> list[tuple[str, str, str]]:
    return [(plain(row["Field"]), row["Default"], row["What it is"]) for row in rows(PAGE, heading)]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("# Webhook schemes", ""),
        ("## Secret", "secret"),
        ("## Settings", "setting"),
        ("## Signatures", "signature"),
        ("### Values", "source"),
        ("### When", "when"),
        ("### Timestamp", "timestamp"),
        ("### Body digest", "body_digest"),
        ("### Certificate", "certificate"),
        ("## Event", "event"),
        ("## Challenges", "challenge"),
        ("### Reply", "reply"),
    ],
)
def test_it_says_of_each_field_what_its_schema_says(heading: str, name: str) -> None:
    assert documented(heading) == written(part(name))


def table(heading: str, first: str) -> list[str]:
    """The first column, in code words, of the table below the heading that begins so."""
    below = page(PAGE).partition(f"\n{heading}\n")[2]
    lines = below.partition(f"\n| {first} |")[2].split("\n\n")[0].splitlines()[2:]
    return [word for line in lines for word in re.findall(r"`([^`]+)`", line.split("|")[1])]


def test_it_lists_the_ways_to_verify() -> None:
    assert column(PAGE, "### Methods", "`verify`") == list(Method)


def test_it_lists_what_a_template_knows() -> None:
    assert set(table("## Templates", "Name")) == {*BUILT_IN, SECRET}
    assert set(table("## Templates", "Filter")) == {*FILTERS, *KEYED}


def test_it_lists_the_reasons_of_verdicts() -> None:
    assert column(PAGE, "## Verdicts", "Reason") == list(Reason)


def test_it_lists_the_fields_of_samples() -> None:
    said = [(plain(row["Field"]), row["What it is"]) for row in rows(PAGE, "## Samples")]
    fields = schema_in(SAMPLE_SCHEMA)["items"]["properties"]
    assert [name for name, _ in said] == list(fields)


def test_it_lists_the_fields_of_vectors() -> None:
    read = set(re.findall(r"""written(?:\.get\(|\[)"(\w+)\"""", (ROOT / READER).read_text()))
    assert set(column(PAGE, "## Vectors", "Field")) == read - {"roots", "urls"}


def test_it_says_how_much_is_looked_at() -> None:
    text = page(PAGE)
    assert f"up to {MOST_SECRETS} active secrets" in text
    assert f"up to {MOST_CANDIDATES} are looked at" in text
    assert f"more than {LONGEST} characters is hashed" in text
    assert f"at most {LONGEST_VALUE:,} bytes" in text


def test_it_shows_a_scheme_that_can_be_read() -> None:
    (block,) = blocks(page(PAGE))
    assert read_scheme("parcels", read_document(block.text.encode())).covers_body
