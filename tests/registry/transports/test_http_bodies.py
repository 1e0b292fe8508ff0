import json
from typing import Any

import pytest

from accounts.errors import Invalid
from integrations.mapping import TooMuchWork
from registry.transports.http_bodies import build_body
from registry.transports.http_definition import read_definition

FILE = {"base64": "AAEC", "filename": "a.bin", "content_type": "image/png"}


def body(values: dict[str, Any], **definition: Any) -> tuple[bytes | None, str]:
    return build_body(read_definition({"url": "https://example.com/", **definition}), values)


def sent(values: dict[str, Any], **definition: Any) -> Any:
    content, media_type = body(values, **definition)
    assert media_type == "application/json"
    return json.loads(content or b"")


def faults(values: dict[str, Any], **definition: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        body(values, **definition)
    return {fault.path: fault.message for fault in refused.value.faults}


def test_it_makes_a_body_of_the_mapping_and_leaves_nulls_out_at_any_depth() -> None:
    mapping = "{start: {dateTime: start, timeZone: zone}, attendees: attendees[*].{email: @, name: zone}}"
    assert sent({"start": "10:00", "attendees": ["a@b.c"]}, body_mapping=mapping) == {
        "start": {"dateTime": "10:00"},
        "attendees": [{"email": "a@b.c"}],
    }


def test_it_sends_no_body_when_the_mapping_finds_nothing() -> None:
    assert body({}, body_mapping="gone") == (None, "")


def test_it_says_that_an_input_does_not_fit_the_mapping() -> None:
    assert faults({"a": 1}, body_mapping="length(a)") == {
        "$": "For this tool, `length` was given number, and takes string or array or object."
    }


def test_it_says_that_an_input_is_too_much_work_for_the_mapping() -> None:
    doubling = " | ".join(["[@, @]"] * 30)
    assert faults({"a": 1}, body_mapping=doubling) == {"$": "For this tool, it is too much work. Send less."}


def test_it_gives_up_early_for_whoever_may_not_hold_others_up() -> None:
    with pytest.raises(TooMuchWork):
        build_body(read_definition({"url": "", "body_mapping": "{a: [@, @]}"}), {"b": "c"}, most_work=5)


def test_it_wraps_graphql() -> None:
    document = "query Issue($id: String!) { issue(id: $id) { title } }"
    assert sent({"id": "QM-1"}, graphql=document) == {"query": document, "variables": {"id": "QM-1"}}
    assert sent({}, graphql="{ viewer { id } }", body="none") == {"query": "{ viewer { id } }", "variables": {}}


def test_it_renames_keys_at_any_depth() -> None:
    values = {"legal_name": 1, "list": [{"legal_name": {"legal_name": "legal_name"}}]}
    assert sent(values, renamed={"legal_name": "real name"}) == {
        "real name": 1,
        "list": [{"real name": {"real name": "legal_name"}}],
    }


def test_it_puts_constants_below_what_the_caller_says() -> None:
    constants = {"body": {"source": "qm", "kind": "note"}}
    assert sent({"kind": "task"}, constants=constants) == {"source": "qm", "kind": "task"}
    assert sent({}, constants=constants, body="missing") == {"source": "qm", "kind": "note"}


def test_it_adds_no_constants_to_a_list() -> None:
    assert sent({"items": [1]}, constants={"body": {"a": 1}}, body="items") == [1]


def test_it_sends_a_form_in_the_styles_of_its_fields() -> None:
    values = {"email": "a@b.c", "metadata": {"order": 7}, "expand": ["x", "y"]}
    styles = {"body": {"metadata": "deepObject", "expand": "comma"}}
    assert body(values, body_format="form", styles=styles) == (
        b"email=a%40b.c&metadata%5Border%5D=7&expand=x,y",
        "application/x-www-form-urlencoded",
    )


@pytest.mark.parametrize("body_format", ["form", "multipart"])
def test_it_refuses_a_form_of_no_names(body_format: str) -> None:
    assert "$.content" in faults({"a": [1]}, body_format=body_format, body_mapping="a")


def test_it_sends_files_among_fields() -> None:
    content, media_type = body(
        {"title": "Zoë", "file": FILE, "plain": {"base64": ""}, "tags": ["a", None, {"b": 1}]}, body_format="multipart"
    )
    assert media_type.startswith("multipart/form-data; boundary=")
    assert b'name="title"\r\n\r\nZo\xc3\xab\r\n' in (content or b"")
    assert b'name="file"; filename="a.bin"\r\nContent-Type: image/png\r\n\r\n\x00\x01\x02\r\n' in (content or b"")
    assert b'name="plain"; filename="plain"\r\nContent-Type: application/octet-stream' in (content or b"")
    assert b'name="tags"\r\n\r\na\r\n' in (content or b"")
    assert b'name="tags"\r\nContent-Type: application/json\r\n\r\n{"b":1}\r\n' in (content or b"")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Zoë", ("Zoë".encode(), "application/octet-stream")),
        ({"base64": "AAEC"}, (b"\x00\x01\x02", "application/octet-stream")),
        (FILE, (b"\x00\x01\x02", "image/png")),
    ],
)
def test_it_sends_bytes_as_they_are(content: Any, expected: tuple[bytes, str]) -> None:
    assert body({"content": content}, body_format="bytes") == expected
    assert body({"content": content}, body_format="bytes", body="content") == expected


@pytest.mark.parametrize(
    ("file", "path", "sentence"),
    [
        ({"base64": "A"}, "$.file.base64", "Give the file's bytes in base64 (RFC 4648, 4)."),
        ({"base64": "ä"}, "$.file.base64", "Give the file's bytes in base64 (RFC 4648, 4)."),
        ({"base64": 7}, "$.file.base64", "Give a text."),
        ({"base64": "", "filename": ["x"]}, "$.file.filename", "Give a text."),
        (
            {"base64": "", "content_type": "image/png\r\nX-Evil: 1"},
            "$.file.content_type",
            "Give a media type, such as `image/png`.",
        ),
    ],
)
def test_it_refuses_a_file_that_is_none(file: Any, path: str, sentence: str) -> None:
    assert faults({"file": file}, body_format="multipart") == {path: sentence}


@pytest.mark.parametrize("content", [7, None, ["a"]])
def test_it_refuses_bytes_that_are_none(content: Any) -> None:
    assert faults({"content": content}, body_format="bytes") == {
        "$.content": 'This is sent as it is: give a text, or {"base64": "…"}.'
    }


def test_it_leaves_a_null_where_the_caller_put_it() -> None:
    """`{"date": null}` empties a field; without its null it is nothing at all."""
    mapping = "{properties: merge({title: title}, properties), rows: rows[*], icon: icon}"
    given = {"properties": {"Due": {"date": None}, "owner": None}, "rows": [{"cell": None}]}
    assert sent(given, body_mapping=mapping) == given
