from typing import Any

import pytest

from integrations.redaction import DEFAULT, Action, Rules, redact
from integrations.redaction.rules import rules_of

FIELD = "[redacted:field]"


@pytest.mark.parametrize(
    ("value", "masked", "count"),
    [
        ({"password": "hunter2", "user": "bob"}, {"password": FIELD, "user": "bob"}, 1),
        ({"a": [{"apiKey": "x"}, {"b": "c"}]}, {"a": [{"apiKey": FIELD}, {"b": "c"}]}, 1),
        ({"cvv": 123, "otp": 1.5}, {"cvv": FIELD, "otp": FIELD}, 2),
        ({"secret": True, "token": None, "password": ""}, {"secret": True, "token": None, "password": ""}, 0),
        ({"credentials": {"user": "a", "pins": [1, "b"]}}, {"credentials": {"user": FIELD, "pins": [FIELD, FIELD]}}, 3),
        ({"name": "X-Api-Key", "value": "x"}, {"name": "X-Api-Key", "value": FIELD}, 1),
        ({"key": "DB_PASSWORD", "value": "x"}, {"key": "DB_PASSWORD", "value": FIELD}, 1),
        ({"name": "Accept", "value": "x"}, {"name": "Accept", "value": "x"}, 0),
        ({"name": 7, "value": "x"}, {"name": 7, "value": "x"}, 0),
        ([["Accept", "x"], ["X-Api-Key", "y"]], [["Accept", "x"], ["X-Api-Key", FIELD]], 1),
        ([("Cookie", "x")], [["Cookie", FIELD]], 1),
        ({"credentials": [["token", "x"]]}, {"credentials": [[FIELD, FIELD]]}, 2),
        (["password", "user"], ["password", "user"], 0),
        ([["token", 12]], [["token", 12]], 0),
        ([["password", "user", "x"], ["a", "b", "c"]], [["password", "user", "x"], ["a", "b", "c"]], 0),
        (({"password": "x"}, "y"), [{"password": FIELD}, "y"], 1),
        ({"sk-" + "a1B2" * 8: 1, 7: "password=abcd"}, {"[redacted:openai-key]": 1, 7: "password=[redacted:field]"}, 2),
        ("password=abcd", "password=[redacted:field]", 1),
        ({"password": FIELD}, {"password": FIELD}, 0),
    ],
)
def test_it_masks_values_of_sensitive_fields(value: Any, masked: Any, count: int) -> None:
    redacted = redact(value)
    assert (redacted.value, redacted.count) == (masked, count)


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "x", [], {}, {"a": [1, {"b": "c"}]}, (1, 2), b"bytes", 10**400])
def test_it_returns_the_very_same_object_when_nothing_is_masked(value: Any) -> None:
    assert redact(value).value is value


def test_it_never_changes_what_it_was_given() -> None:
    value = {"a": {"password": "x"}, "b": ["token=abcd"]}
    redact(value)
    assert value == {"a": {"password": "x"}, "b": ["token=abcd"]}


def test_it_goes_as_deep_as_the_value() -> None:
    value: Any = {"password": "x"}
    for _ in range(100_000):
        value = [value]
    redacted = redact(value)
    assert redacted.count == 1
    inner = redacted.value
    while isinstance(inner, list):
        inner = inner[0]
    assert inner == {"password": FIELD}


def test_it_keeps_the_order_of_fields() -> None:
    assert list(redact({"b": 1, "password": "x", "a": {"z": 1, "y": 2}}).value) == ["b", "password", "a"]


@pytest.mark.parametrize(
    ("action", "keys"),
    [
        (Action.MASK, ["[redacted:email]", "[redacted:email] (2)", "[redacted:email] (2) (2)", "[redacted:email] (3)"]),
        (Action.DROP, ["", "(2)", "[redacted:email] (2)", "(3)"]),
    ],
)
def test_it_keeps_entries_apart_whose_keys_are_masked_alike(action: Action, keys: list[str]) -> None:
    value = {"a@x.example": 1, "b@x.example": 2, "[redacted:email] (2)": 3, "c@x.example": 4}
    redacted = redact(value, rules=rules_of(frozenset({("email", action)}))).value
    assert list(redacted.items()) == list(zip(keys, [1, 2, 3, 4], strict=True))


def test_it_numbers_keys_without_counting_from_the_beginning() -> None:
    value = {f"{number}@x.example": number for number in range(50_000)}
    redacted = redact(value, rules=rules_of(frozenset({("email", Action.MASK)}))).value
    assert list(redacted.values()) == list(value.values())


def test_it_takes_other_fields_and_families() -> None:
    assert redact({"plate": "B-XY 1"}, sensitive_fields=DEFAULT | {"plate"}).value == {"plate": FIELD}
    assert redact("password=abcd", rules=Rules(families=())).count == 0


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("the s3cr3t/va+lue is", "the [redacted:secret] is"),
        ("?q=s3cr3t%2Fva%2Blue", "?q=[redacted:secret]"),
        ("czNjcjN0L3ZhK2x1ZQ==", "[redacted:secret]"),
        ("x czNjcjN0L3ZhK2x1ZQ y", "x [redacted:secret] y"),
        ("s3cr3t/va+lues3cr3t/va+lue", "[redacted:secret][redacted:secret]"),
        ("s3cr3t", "s3cr3t"),
    ],
)
def test_it_masks_secrets_that_are_known(text: str, masked: str) -> None:
    redacted = redact({"a": text, text: 1}, secrets=["s3cr3t/va+lue"])
    assert redacted.value == {"a": masked, masked: 1}


def test_it_masks_known_secrets_as_json_writes_them() -> None:
    assert redact('{"a": "q\\"uo\\nte"}', secrets=['q"uo\nte']).value == '{"a": "[redacted:secret]"}'


def test_it_masks_short_secrets_only_where_they_stand_alone() -> None:
    redacted = redact(["pass 1234.", "1234", "id 812345", "x1234"], secrets=["1234", "", "a"])
    assert redacted.value == ["pass [redacted:secret].", "[redacted:secret]", "id 812345", "x1234"]
    assert redacted.count == 2


def test_it_takes_secrets_that_are_no_valid_unicode() -> None:
    assert redact("a \ud800bcdefgh b", secrets=["\ud800bcdefgh"]).value == "a [redacted:secret] b"
