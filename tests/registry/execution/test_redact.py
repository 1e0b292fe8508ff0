import json
from typing import Any, ClassVar

import pytest

from accounts.errors import LONGEST_QUOTE, Fault, Invalid, Quote
from accounts.models import Tenant
from integrations.redaction.declared import declared
from integrations.redaction.policy import compiled
from integrations.redaction.rules import Rules
from registry.errors import UpstreamRefused
from registry.execution.redact import returned_forms, stored_forms
from registry.execution.types import Answer, Ending, Mode
from registry.models.execution import Status
from registry.redaction import UNKNOWN, USUAL, ToolRedaction
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution import rows
from tests.registry.execution.calls import a_call
from tests.upstream import Scripted, Upstream

KEY = "sk-proj-" + "a1B2c3D4" * 6
EMAIL = "ada@example.com"


def answered(output: object) -> Ending:
    return Ending(Status.SUCCEEDED, answer=Answer(output))


def test_it_leaves_clean_values_as_they_are() -> None:
    ending = answered({"name": "Ada"})
    forms = stored_forms(a_call({"account": 7}), USUAL, ending)
    assert (forms.input, forms.output, forms.error) == ({"account": 7}, {"name": "Ada"}, None)
    assert ending.answer is not None
    assert forms.output is ending.answer.output


def test_it_masks_secrets_in_input_and_output() -> None:
    call = a_call({"password": "hunter2", "note": f"use {KEY} please"})
    forms = stored_forms(call, USUAL, answered([{"access_token": "t0k3n"}]))
    assert "hunter2" not in str(forms.input)
    assert KEY not in str(forms.input)
    assert forms.input["note"].startswith("use [redacted:")
    assert "t0k3n" not in str(forms.output)
    assert call.input["password"] == "hunter2"


def test_it_masks_secrets_in_the_error() -> None:
    error = UpstreamRefused(extra={"upstream": {"status": 401, "body": f"bad key {KEY}"}})
    forms = stored_forms(a_call(), USUAL, Ending(Status.FAILED, error=error, attempts=1))
    assert forms.error is not None
    assert (forms.error["code"], forms.error["upstream"]["status"]) == ("upstream_error", 401)
    assert KEY not in str(forms.error)


def test_it_masks_values_that_a_fault_repeats() -> None:
    error = Invalid(faults=[Fault("$.key", f'"{KEY}" is not of type "integer"')])
    forms = stored_forms(a_call(), UNKNOWN, Ending(Status.REFUSED, error=error))
    assert KEY not in str(forms.error)


def test_it_masks_what_an_error_quotes_before_it_is_cut() -> None:
    begun = "x" * (LONGEST_QUOTE - 20) + " "
    quote = Quote(f"{begun}{KEY} and on")
    error = UpstreamRefused(quote, faults=[Fault("$", quote)], extra={"upstream": {"status": 401, "body": quote}})
    ending = Ending(Status.FAILED, error=error, attempts=1)
    stored, returned = stored_forms(a_call(), USUAL, ending).error, returned_forms(a_call(), USUAL, ending)
    assert stored is not None
    assert [stored["detail"], stored["errors"][0]["message"], stored["upstream"]["body"]] == [
        f"{begun}[redacted:openai-key]"
    ] * 3
    assert returned.error is not None
    assert returned.error["detail"] == quote[:LONGEST_QUOTE]


def test_it_leaves_our_own_words_in_an_error_as_long_as_they_are() -> None:
    error = Invalid("Give one of: " + ", ".join(map(str, range(1_000))))
    stored = stored_forms(a_call(), UNKNOWN, Ending(Status.REFUSED, error=error)).error
    assert stored is not None
    assert stored["detail"] == error.message


def test_it_stores_no_personal_data_and_returns_it() -> None:
    ending = answered({"email": EMAIL, "token": KEY})
    stored, returned = stored_forms(a_call(), USUAL, ending), returned_forms(a_call(), USUAL, ending)
    assert stored.output == {"email": "[redacted:email]", "token": "[redacted:field]"}
    assert returned.output == {"email": EMAIL, "token": KEY}


def test_it_masks_what_the_vault_knows_in_both_and_in_errors() -> None:
    redaction = ToolRedaction(*_rules({"returned": {"secrets": "keep"}}))
    error = UpstreamRefused(extra={"upstream": {"status": 401, "body": "bad key hunter2-hunter2"}})
    for ending in (answered({"echo": "hunter2-hunter2"}), Ending(Status.FAILED, error=error, attempts=1)):
        stored = stored_forms(a_call({"x": "hunter2-hunter2"}), redaction, ending, ["hunter2-hunter2"])
        returned = returned_forms(a_call(), redaction, ending, ["hunter2-hunter2"])
        assert "hunter2-hunter2" not in str(stored)
        assert "hunter2-hunter2" not in str(returned)


def test_it_follows_the_policy_for_each_form() -> None:
    redaction = ToolRedaction(*_rules({"stored": {"email": "keep"}, "returned": {"email": "drop"}}))
    ending = answered({"email": EMAIL, "name": "Ada"})
    assert stored_forms(a_call(), redaction, ending).output == {"email": EMAIL, "name": "Ada"}
    assert returned_forms(a_call(), redaction, ending).output == {"name": "Ada"}


def test_it_masks_what_the_schemas_declare_sensitive_in_the_stored_form_only() -> None:
    places = declared({"properties": {"pin": {"writeOnly": True}, "note": {"x-sensitive": True}}})
    redaction = ToolRedaction(*_rules({}), input=places, output=places)
    call, ending = a_call({"pin": "12", "name": "Ada"}), answered({"note": "shy", "pin": 7})
    stored = stored_forms(call, redaction, ending)
    assert stored.input == {"pin": "[redacted:field]", "name": "Ada"}
    assert stored.output == {"note": "[redacted:field]", "pin": "[redacted:field]"}
    assert returned_forms(call, redaction, ending).output == {"note": "shy", "pin": 7}


def test_it_finds_what_is_split_over_the_parts_of_a_stream() -> None:
    ending = answered([{"delta": {"text": piece}} for piece in ("key: ", KEY[:20], KEY[20:], " ok")])
    stored = stored_forms(a_call(mode=Mode.STREAM), USUAL, ending)
    assert "".join(part["delta"]["text"] for part in stored.output) == "key: [redacted:openai-key] ok"


def _rules(policy: dict[str, object]) -> tuple[Rules, Rules]:
    made = compiled(policy)
    return made.stored, made.returned


@pytest.mark.django_db(transaction=True)
class TestWhatDoesNotFit:
    """What is masked where it stands is not told beside it by the sentence that says what is wrong with it."""

    FIELDS: ClassVar[dict[str, Any]] = {
        "password": {"type": "string", "minLength": 20},
        "pin": {"type": "string", "x-sensitive": True, "maxLength": 2},
    }
    VALUES: ClassVar[dict[str, Any]] = {"password": "hunter2-is-it", "pin": "998877"}
    MASKED: ClassVar[dict[str, Any]] = {"password": "[redacted:field]", "pin": "[redacted:field]"}
    ERRORS: ClassVar[list[dict[str, str]]] = [
        {"path": "$.password", "message": "The value is shorter than 20 characters"},
        {"path": "$.pin", "message": "The value is longer than 2 characters"},
    ]

    def test_it_does_not_repeat_the_input(
        self, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
    ) -> None:
        register(input_schema={"type": "object", "properties": self.FIELDS})
        outcome = corridor.call("crm-find", self.VALUES)
        row = rows.stored(acme, outcome)
        assert (row.status, row.input, row.error and row.error["errors"]) == ("refused", self.MASKED, self.ERRORS)
        assert outcome.error is not None
        assert outcome.error["errors"] == self.ERRORS
        assert upstream.received == []

    def test_it_does_not_repeat_the_output(
        self, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
    ) -> None:
        register(output_schema={"type": "object", "properties": self.FIELDS})
        upstream.will(Scripted(body=json.dumps(self.VALUES).encode()))
        outcome = corridor.call("crm-find", {"account": 7})
        row = rows.stored(acme, outcome)
        assert (row.status, row.output, row.error and row.error["errors"]) == ("failed", None, self.ERRORS)
