"""From a request to what is asked, and from an answer to a response: what all addresses of memories share."""

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.response import Response

from accounts.api.parsing import read_json
from accounts.api.preconditions import etag
from accounts.caller import Caller
from accounts.errors import Fault, Invalid, Malformed
from memory.answers.types import Answer, Asker


def asker_of(caller: Caller) -> Asker:
    return Asker(caller.tenant_id, caller)


def response_of(answer: Answer, *, status: int = 200, location: str = "") -> Response:
    response = Response(answer.body, status=status)
    if answer.version is not None:
        response["ETag"] = etag(answer.version)
    if location:
        response["Location"] = location
    return response


def body_of(data: Any) -> Any:
    """No body is an empty object."""
    return {} if data is None or data == "" else data


def asked_by(query: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters as the fields of a body: lists and JSON are texts in an address. Raises Invalid."""
    return {name: _VALUES[name](value) if name in _VALUES else value for name, value in query.items()}


def _list(value: str) -> list[str]:
    return [word for word in value.split(",") if word]


def _json(value: str) -> Any:
    try:
        return read_json(value.encode())
    except Malformed:
        hint = 'Give JSON, such as {"path": "customer.tier", "op": "eq", "value": "gold"}.'
        raise Invalid(faults=[Fault("where", hint)]) from None


_VALUES: Mapping[str, Callable[[str], Any]] = {"fields": _list, "tags": _list, "types": _list, "where": _json}
