"""Policies: what is a good one, what holds, and what becomes of what is found."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from integrations.redaction import Action, redact
from integrations.redaction.policy import Form, answers, compiled, faults, hashes, validate_policy
from integrations.redaction.rules import KINDS

VALUE = {"email": "ada@example.com", "token": "t0k3n", "notes": ["call 555-0143", "bob@example.com"], "n": 1}


def stored(policy: Any, value: Any = VALUE, **more: Any) -> Any:
    return redact(value, rules=compiled(policy, **more).stored).value


def returned(policy: Any, value: Any = VALUE) -> Any:
    return redact(value, rules=compiled(policy).returned).value


def test_it_masks_what_is_stored_and_keeps_what_is_returned() -> None:
    assert stored({}) == {
        "email": "[redacted:email]",
        "token": "[redacted:field]",
        "notes": ["call [redacted:phone]", "[redacted:email]"],
        "n": 1,
    }
    assert returned({}) is VALUE


def test_it_drops_fields_items_and_letters() -> None:
    policy = {"stored": {"email": "drop", "fields": "drop", "phone": "drop"}}
    assert stored(policy) == {"notes": ["call "], "n": 1}
    assert stored(policy, "bob@example.com") == ""
    assert stored({"stored": {"card": "drop"}}, {"card": 4111111111111111, "n": 2}) == {"n": 2}
    assert stored({"stored": {"email": "drop"}}, {"bob@example.com": 1}) == {"": 1}


def test_it_hashes_so_that_equal_values_are_equal() -> None:
    policy = {"stored": {"phone": "hash", "email": "hash", "fields": "hash"}}
    value = {"phone": "+1 202 555 0143", "tel": "+12025550143", "email": "A@example.com", "cc": "a@EXAMPLE.com"}
    hashed = stored(policy, value, key=b"k" * 32)
    assert hashed["phone"] == hashed["tel"]
    assert hashed["email"] == hashed["cc"]
    in_url = stored(policy, {"url": "https://x.com/?to=a%40example.com"}, key=b"k" * 32)
    assert in_url["url"] == f"https://x.com/?to={hashed['email']}"
    assert hashed["phone"].startswith("[hashed:phone:")
    other = stored(policy, value, key=b"x" * 32)
    assert other["phone"] != hashed["phone"]
    assert redact(hashed, rules=compiled(policy, key=b"k" * 32).stored).value == hashed
    assert stored(policy, {"password": "x"}, key=b"k")["password"].startswith("[hashed:field:")


def test_it_masks_where_it_has_no_key_to_hash_with() -> None:
    assert stored({"stored": {"email": "hash"}}, "a@example.com") == "[redacted:email]"


def test_it_masks_known_secrets_whatever_the_policy_says() -> None:
    rules = compiled({"returned": dict.fromkeys(KINDS, "keep")}).returned
    value = {"x": "the hunter2-hunter2!", "hunter2-hunter2": 1, "n": 482913}
    assert redact(value, secrets=["hunter2-hunter2", "482913"], rules=rules).value == {
        "x": "the [redacted:secret]!",
        "[redacted:secret]": 1,
        "n": "[redacted:secret]",
    }


def test_it_lays_a_tools_policy_over_its_tenants() -> None:
    held = answers(Form.STORED, {"stored": {"email": "keep", "ip": "hash"}}, {"stored": {"email": "drop"}})
    assert (held["email"], held["ip"], held["card"]) == (Action.DROP, Action.HASH, Action.MASK)


@pytest.mark.parametrize(
    ("tenant", "tool", "holds"),
    [("keep", "mask", "mask"), ("mask", "keep", "mask"), ("hash", "drop", "drop"), ("mask", "hash", "mask")],
)
def test_it_lets_a_shared_tool_be_stricter_and_never_looser(tenant: str, tool: str, holds: str) -> None:
    policies = ({"stored": {"email": tenant}}, {"stored": {"email": tool}})
    assert answers(Form.STORED, *policies, shared=True)["email"] == holds
    assert answers(Form.STORED, *policies)["email"] == tool


def test_it_masks_on_words_that_nobody_knows() -> None:
    held = answers(Form.RETURNED, {"returned": {"email": "frobnicate", "colour": "keep"}})
    assert held["email"] == Action.MASK
    assert "colour" not in held
    assert answers(Form.STORED, {"stored": {"secrets": "keep", "fields": "keep"}})["secrets"] == Action.MASK


def test_it_says_what_is_wrong_with_a_policy() -> None:
    said = dict(faults({"stored": {"emails": "mask", "fields": "keep", "ip": "hide"}, "shown": {}, "returned": 1}))
    assert set(said) == {"stored.emails", "stored.fields", "stored.ip", "shown", "returned"}
    assert "Give one of mask, hash, drop, keep." in said["stored.ip"]
    assert [path for path, _ in faults("mask")] == [""]
    validate_policy({"stored": {"email": "hash"}})
    with pytest.raises(ValidationError, match="Secrets are never stored"):
        validate_policy({"stored": {"secrets": "keep"}})
    with pytest.raises(ValidationError, match="Give an object"):
        validate_policy([])


def test_it_knows_whether_a_key_is_needed() -> None:
    assert hashes(None, {"returned": {"email": "hash"}})
    assert not hashes({}, {"stored": {"email": "drop"}})
