"""What is told of a call that came to an end."""

import logging

import pytest

from registry.errors import CircuitOpen
from registry.execution.passage import Passage
from registry.execution.telemetry import export_to, stop_exporting_to, tell
from registry.execution.types import Ending
from registry.models.execution import Status
from tests.registry.execution.calls import a_call, a_target

REFUSED = Ending(Status.REFUSED, error=CircuitOpen())


def a_passage() -> Passage:
    return Passage(a_call(), target=a_target(), timings={"resolve": 400, "guard": 850})


def test_it_logs_why_a_call_did_not_succeed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "registry.execution"):
        tell(a_passage(), REFUSED)
    (record,) = caplog.records
    assert record.getMessage() == "crm-find refused: circuit_open"
    facts = {name: record.__dict__[name] for name in ("action", "code", "spent_ms")}
    assert facts == {"action": "execution_refused", "code": "circuit_open", "spent_ms": 1.25}


def test_it_logs_successes_for_those_who_want_everything(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "registry.execution"):
        tell(a_passage(), Ending(Status.SUCCEEDED))
    assert caplog.records == []
    with caplog.at_level(logging.DEBUG, "registry.execution"):
        tell(a_passage(), Ending(Status.SUCCEEDED))
    assert [record.getMessage() for record in caplog.records] == ["crm-find succeeded"]


def test_it_hands_a_call_to_every_export_until_that_is_taken_away() -> None:
    told: list[tuple[Passage, Ending]] = []
    passage = a_passage()

    def export(passage: Passage, ending: Ending) -> None:
        told.append((passage, ending))

    export_to(export)
    tell(passage, REFUSED)
    stop_exporting_to(export)
    tell(passage, REFUSED)
    assert told == [(passage, REFUSED)]
