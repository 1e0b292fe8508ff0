"""Short ways to say what an answer was, for tests."""

from typing import Any

from tests.doors import Answer, AsyncAnswer


def refusal(answer: "Answer | AsyncAnswer") -> tuple[int, str, dict[str, str]]:
    """Status, code, and the faults by their path; every refusal is a problem document."""
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"/docs/errors#{document['code']}"
    faults = {fault["path"]: fault["message"] for fault in document.get("errors", [])}
    return answer.status_code, document["code"], faults


def refused_fields(answer: "Answer | AsyncAnswer") -> list[str]:
    """The paths of a 422's faults."""
    status, code, faults = refusal(answer)
    assert (status, code) == (422, "invalid_input")
    return sorted(faults)
