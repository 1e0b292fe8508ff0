import json

import pytest

from integrations.documents import BadDocument
from integrations.openapi.bundle import MOST_FILES, Unfetched, bundle
from integrations.openapi.references import Dangling, References
from integrations.openapi.report import Report
from tests.integrations.openapi.described import fetch_nothing

MAIN = b"paths: {/a: {get: {parameters: [{$ref: 'parts/p.yaml#/limit'}]}}}"
PART = b"limit: {name: limit, in: query, schema: {$ref: '../s.json'}}\nother: {$ref: '#/limit'}"
SCHEMA = b'{"type": "integer"}'
FILES = {"api/main.yaml": MAIN, "api/parts/p.yaml": PART, "api/s.json": SCHEMA}


def test_it_makes_one_document_of_many_files() -> None:
    report = Report()
    root = bundle("api/main.yaml", FILES, fetch=fetch_nothing, report=report)
    references = References(root)
    limit = references.follow(root["paths"]["/a"]["get"]["parameters"][0])
    assert limit["name"] == "limit"
    assert references.follow(limit["schema"]) == {"type": "integer"}
    assert report.warnings == {}


def test_it_fetches_what_a_url_refers_to() -> None:
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return SCHEMA

    main = b'{"a": {"$ref": "./s.json"}, "b": {"$ref": "https://other.example.com/t.json#"}}'
    root = bundle(
        "https://docs.example.com/v1/api.json",
        {"https://docs.example.com/v1/api.json": main},
        fetch=fetch,
        report=Report(),
    )
    assert References(root).follow(root["a"]) == {"type": "integer"}
    assert sorted(asked) == ["https://docs.example.com/v1/s.json", "https://other.example.com/t.json"]


def test_it_fetches_the_description_itself() -> None:
    assert bundle("https://a.example.com/x", {}, fetch=lambda url: b"a: 1", report=Report()) == {"a": 1}


def test_it_fetches_each_file_once_and_ends_where_they_refer_to_each_other() -> None:
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return b'{"a": {"$ref": "https://x.example.com/2"}, "b": {"$ref": "https://x.example.com/1"}}'

    bundle("https://x.example.com/1", {}, fetch=fetch, report=Report())
    assert asked == ["https://x.example.com/1", "https://x.example.com/2"]


def test_it_tells_what_could_not_be_had_and_goes_on() -> None:
    def fetch(url: str) -> bytes:
        raise Unfetched("This address may not be called.")

    report = Report()
    main = b'{"a": {"$ref": "http://169.254.169.254/x?token=1#/y"}, "b": {"$ref": "gone.yaml"}, "c": {"$ref": "file:///etc/passwd"}}'
    root = bundle("main.json", {"main.json": main}, fetch=fetch, report=report)
    assert sorted(report.warnings) == [
        "`file:///etc/passwd` could not be read: It is not among the files that were handed in.",
        "`gone.yaml` could not be read: It is not among the files that were handed in.",
        "`http://169.254.169.254/x` could not be read: This address may not be called.",
    ]
    for name in "abc":
        with pytest.raises(Dangling):
            References(root).follow(root[name])


def test_it_fetches_no_more_than_so_many_files() -> None:
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return json.dumps({"$ref": f"{url}x"}).encode()

    report = Report()
    bundle("https://x.example.com/", {}, fetch=fetch, report=report)
    assert len(asked) == MOST_FILES + 1
    assert f"The document refers to more than {MOST_FILES} other files. The rest were left out." in report.warnings


def test_it_takes_no_more_than_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.openapi.bundle.LARGEST_BYTES", 100)
    report = Report()
    main = b'{"a": {"$ref": "big.json"}}'
    bundle(
        "main.json",
        {"main.json": main, "big.json": b'{"x": "' + b"y" * 100 + b'"}'},
        fetch=fetch_nothing,
        report=report,
    )
    assert list(report.warnings) == ["`big.json` could not be read: All files together are larger than 100 bytes."]


def test_it_looks_for_no_references_in_examples() -> None:
    report = Report()
    main = b'{"example": {"$ref": "x.json"}, "properties": {"example": {"$ref": "#/y"}, "default": {"type": "string"}}}'
    root = bundle("main.json", {"main.json": main}, fetch=fetch_nothing, report=report)
    assert root["example"] == {"$ref": "x.json"}
    assert report.warnings == {}


@pytest.mark.parametrize("content", [b"[1]", b"text", b""])
def test_it_refuses_what_is_no_object(content: bytes) -> None:
    with pytest.raises(BadDocument, match="no OpenAPI description"):
        bundle("main.yaml", {"main.yaml": content}, fetch=fetch_nothing, report=Report())


def test_it_passes_over_references_that_are_no_urls() -> None:
    root = bundle("m", {"m": b'{"a": {"$ref": "http://[x/"}}'}, fetch=fetch_nothing, report=(report := Report()))
    assert root["a"]["$ref"].startswith("nowhere:")
    assert len(report.warnings) == 1
