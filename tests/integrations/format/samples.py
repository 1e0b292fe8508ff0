"""A connector as somebody would write it, to be changed in one place for each test."""

from collections.abc import Mapping
from typing import Any

from integrations.errors import BadConnector
from integrations.format.read import read_connector
from integrations.format.types import Action, AuthWay, Connector

CONNECTOR: Mapping[str, Any] = {
    "name": "Parcels",
    "category": "commerce",
    "description": "Parcels and where they are.",
    "base_url": "https://api.parcels.example/v1",
    "auth": {"key": {"type": "api_key", "name": "X-Api-Key"}},
    "check": {"call": "/me"},
}
ACTION: Mapping[str, Any] = {"description": "Send a parcel.", "call": "POST /parcels"}
ACTIONS = {"send": ACTION}
STEPS: Mapping[str, Any] = {
    "description": "Print a label.",
    "parameters": {"parcel": {"type": "string"}, "copies": {"type": "integer"}},
    "steps": [
        {"id": "place", "call": "GET /parcels/{parcel}/labels", "input": "{parcel: parcel, n: copies}"},
        {
            "id": "label",
            "call": "POST",
            "url": "place.url",
            "when": "place.url",
            "body": "bytes",
            "input": "{content: @}",
        },
    ],
}


def read(connector: Mapping[str, Any] | None = None, **actions: Mapping[str, Any]) -> Connector:
    """The sample with these fields of its connector, and these actions in the place of its own."""
    return read_connector("parcels", {**CONNECTOR, **(connector or {})}, actions or ACTIONS)


def read_action(**changes: Any) -> Action:
    return read(send={**ACTION, **changes}).actions[0]


def read_way(**way: Any) -> AuthWay:
    return read({"auth": {"way": way}}).auth[0]


def faults_in(connector: Mapping[str, Any] | None = None, **actions: Any) -> dict[str, str]:
    """As `read`: what is said to be wrong, by place. Empty: it was read."""
    return faults_of({**CONNECTOR, **(connector or {})}, actions or ACTIONS)


def faults_of(connector: Any, actions: Any = None, *, slug: str = "parcels", source: str = "shipped") -> dict[str, str]:
    """Of two documents as they are."""
    try:
        read_connector(slug, connector, ACTIONS if actions is None else actions, source=source)
    except BadConnector as error:
        return {fault.path: fault.message for fault in error.faults}
    return {}
