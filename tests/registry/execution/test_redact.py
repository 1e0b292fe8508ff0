from accounts.errors import Fault, Invalid
from registry.errors import UpstreamRefused
from registry.execution.redact import stored_forms
from registry.execution.types import Answer, Ending
from registry.models.execution import Status
from tests.registry.execution.calls import a_call

KEY = "sk-proj-" + "a1B2c3D4" * 6


def test_it_leaves_clean_values_as_they_are() -> None:
    answer = Answer({"name": "Ada"})
    forms = stored_forms(a_call({"account": 7}), Ending(Status.SUCCEEDED, answer=answer))
    assert (forms.input, forms.output, forms.error) == ({"account": 7}, {"name": "Ada"}, None)


def test_it_masks_secrets_in_input_and_output() -> None:
    call = a_call({"password": "hunter2", "note": f"use {KEY} please"})
    forms = stored_forms(call, Ending(Status.SUCCEEDED, answer=Answer([{"access_token": "t0k3n"}])))
    assert "hunter2" not in str(forms.input)
    assert KEY not in str(forms.input)
    assert forms.input["note"].startswith("use [redacted:")
    assert "t0k3n" not in str(forms.output)
    assert call.input["password"] == "hunter2"


def test_it_masks_secrets_in_the_error() -> None:
    error = UpstreamRefused(extra={"upstream": {"status": 401, "body": f"bad key {KEY}"}})
    forms = stored_forms(a_call(), Ending(Status.FAILED, error=error, attempts=1))
    assert forms.error is not None
    assert (forms.error["code"], forms.error["upstream"]["status"]) == ("upstream_error", 401)
    assert KEY not in str(forms.error)


def test_it_masks_values_that_a_fault_repeats() -> None:
    error = Invalid(faults=[Fault("$.key", f'"{KEY}" is not of type "integer"')])
    forms = stored_forms(a_call(), Ending(Status.REFUSED, error=error))
    assert KEY not in str(forms.error)
