"""JSON items that are redacted while they arrive: none lost, none out of order, none with a part of a secret."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.redaction import redact
from integrations.redaction.formats import SECRET_FORMATS
from integrations.redaction.items import MOST_ITEMS, MOST_LEAVES, ItemRedactor
from integrations.redaction.known import KnownSecrets
from integrations.redaction.text import find
from tests.integrations.redaction.test_stream import SECRETS, texts

SECRET = "hunter2-the-second"


def delta(text: str, choice: int = 0) -> dict[str, Any]:
    return {"id": "c1", "choices": [{"index": choice, "delta": {"content": text}}]}


def said(items: list[Any], choice: int = 0) -> list[str]:
    choices = [item["choices"][0] for item in items]
    return [one["delta"]["content"] for one in choices if one["index"] == choice]


def passed(items: list[Any], secrets: tuple[str, ...] = (SECRET,)) -> list[Any]:
    redactor = ItemRedactor(secrets)
    return [released for item in items for released in redactor.feed(item)] + redactor.finish()


def test_it_releases_clean_items_at_once() -> None:
    redactor = ItemRedactor([SECRET])
    for word in ("Hello,", " how", " are", " you", "?"):
        assert redactor.feed(delta(word)) == [delta(word)]


def test_it_holds_items_back_while_their_leaf_may_become_a_secret() -> None:
    redactor = ItemRedactor([SECRET])
    assert redactor.feed(delta("it is hunter")) == []
    assert redactor.feed({"ping": 1}) == []
    assert redactor.feed(delta("2-the-")) == []
    released = redactor.feed(delta("second, ok"))
    assert released == [delta("it is [redacted:secret]"), {"ping": 1}, delta(""), delta(", ok")]


def test_it_releases_what_turned_out_to_be_none() -> None:
    redactor = ItemRedactor([SECRET])
    assert redactor.feed(delta("a hunter")) == []
    assert redactor.feed(delta("s-man")) == [delta("a hunter"), delta("s-man")]


def test_it_releases_the_rest_at_the_end() -> None:
    assert said(passed([delta("a hunter")])) == ["a hunter"]


def test_it_reads_a_vendors_token_over_many_items() -> None:
    token = "sk-" + "ant-api03-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6"
    items = passed([delta(letter) for letter in f"use {token}, please"], secrets=())
    assert "".join(said(items)) == "use [redacted:anthropic-key], please"
    assert len(items) == len(f"use {token}, please")


def test_it_knows_interleaved_texts_apart() -> None:
    items = passed([delta("hunter2-", 0), delta("the ", 1), delta("the-second", 0), delta("end", 1)])
    assert said(items, 0) == ["[redacted:secret]", ""]
    assert said(items, 1) == ["the ", "end"]


def test_it_reads_anthropics_and_plain_items() -> None:
    items = [{"index": 1, "delta": {"type": "text_delta", "text": text}} for text in ("hunter2-the", "-second")]
    assert [item["delta"]["text"] for item in passed(items)] == ["[redacted:secret]", ""]
    assert passed(["hunter2", "-the-", "second"]) == ["[redacted:secret]", "", ""]


def test_it_masks_in_each_item_what_it_would_mask_there_alone() -> None:
    items: list[Any] = [{"password": "x", "n": 1}, {"text": "my name is bob"}, {"text": "sk-" + "a1B2" * 8}, None, 7]
    assert passed(items) == [redact(item).value for item in items]


def test_it_does_not_read_records_as_one_text() -> None:
    rows = [{"commit": "0123456789abcdef"}, {"commit": "0123456789abcdef-us1"}]
    assert passed(rows) == rows


def test_it_looks_for_known_secrets_over_every_leaf() -> None:
    assert passed([{"rest": "hunter2"}, {"rest": "-the-second"}]) == [{"rest": "[redacted:secret]"}, {"rest": ""}]


def test_it_masks_what_might_become_a_secret_when_too_many_wait() -> None:
    redactor = ItemRedactor([SECRET])
    assert redactor.feed(delta("a hunter")) == []
    released = [one for number in range(MOST_ITEMS) for one in redactor.feed({"n": number})]
    assert released[0] == delta("a [redacted:secret]")
    assert len(released) == MOST_ITEMS + 1
    assert redactor.feed(delta("2-the-second!")) == [delta("!")]


def test_it_masks_what_might_become_a_secret_when_the_waiting_are_too_large() -> None:
    redactor = ItemRedactor([SECRET])
    assert redactor.feed(delta("a hunter")) == []
    released = redactor.feed({"blob": "é" * 300_000})
    assert [released[0], len(released)] == [delta("a [redacted:secret]"), 2]


def test_it_follows_so_many_leaves_and_no_more() -> None:
    redactor = ItemRedactor([SECRET])
    assert redactor.feed({"first": "a hunter"}) == []
    released = redactor.feed({f"leaf {number}": "x" for number in range(MOST_LEAVES)})
    assert released[0] == {"first": "a [redacted:secret]"}
    assert len(redactor._scans) == MOST_LEAVES


def test_it_looks_at_no_leaf_for_the_sake_of_another() -> None:
    """Of so many leaves, all of them looked at for each would be ten thousand million looks."""
    redactor = ItemRedactor([SECRET])
    item = {"row": ["no secret!"] * 100_000}
    assert redactor.feed(item) == [item]


class Row(list[str]):
    copies = 0

    def copy(self) -> "Row":
        Row.copies += 1
        return Row(self)


def test_it_copies_once_what_several_masked_leaves_stand_in() -> None:
    (released,) = passed([{"row": Row([SECRET] * 3)}])
    assert released == {"row": ["[redacted:secret]"] * 3}
    assert Row.copies == 1


def test_it_never_changes_what_it_was_given() -> None:
    items = [delta("hunter2-the"), delta("-second")]
    before = json.dumps(items)
    passed(items)
    assert json.dumps(items) == before


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_it_says_what_redacting_the_whole_says(data: st.DataObject) -> None:
    text = data.draw(texts)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    ends = [*sorted(cuts), len(text)]
    parts = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    items = passed([delta(part) for part in parts], SECRETS)
    assert len(items) == len(parts)
    told, whole = "".join(said(items)), redact(text, secrets=SECRETS).value
    # More may be masked: what looks like a secret in one item alone.
    spans = find(text, SECRET_FORMATS, KnownSecrets(SECRETS))
    masked = {text[span.start : span.end] for span in spans}
    assert not [secret for secret in masked if secret in told and secret not in whole]
