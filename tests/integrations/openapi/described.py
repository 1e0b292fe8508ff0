"""A small description as a vendor would write it, to be changed in one place for each test."""

from collections.abc import Mapping
from typing import Any

from integrations.openapi.bundle import Unfetched
from integrations.openapi.convert import Converted, convert
from integrations.openapi.report import Report

Json = dict[str, Any]
POST_PATH = "/parcels/{id}"


def description(paths: Mapping[str, Any] | None = None, **top: Any) -> Json:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Parcels", "description": "Parcels and where they are."},
        "servers": [{"url": "https://api.parcels.example.com/v1"}],
        "paths": {"/parcels": {"get": {"operationId": "listParcels"}}} if paths is None else paths,
        **top,
    }


def converted(
    paths: Mapping[str, Any] | None = None, *, slug: str = "parcels", origin: str = "", **top: Any
) -> Converted:
    return convert(description(paths, **top), slug=slug, origin=origin)


def connector_of(**top: Any) -> Json:
    connector: Json = converted(**top).document["connector"]
    return connector


def action_of(operation: Mapping[str, Any], *, method: str = "get", path: str = "/parcels", **top: Any) -> Json:
    """The only action of a description with one operation."""
    actions = converted({path: {method: operation}}, **top).document["actions"]
    (action,) = actions.values()
    assert isinstance(action, dict)
    return action


def parameters_of(operation: Mapping[str, Any], **more: Any) -> Json:
    parameters: Json = action_of(operation, **more).get("parameters", {})
    return parameters


def parameter(schema: Mapping[str, Any], *, name: str = "value", place: str = "query", **more: Any) -> Json:
    """What becomes of one parameter."""
    written = {"name": name, "in": place, "schema": schema, **more}
    (found,) = parameters_of({"parameters": [written]}).values()
    assert isinstance(found, dict)
    return found


def schema(written: Mapping[str, Any], **components: Any) -> Json:
    """What becomes of a schema in a body, without where it goes."""
    body = {"content": {"application/json": {"schema": {"properties": {"value": written}}}}}
    found = parameters_of({"requestBody": body}, method="post", components={"schemas": components})["value"]
    return {key: value for key, value in found.items() if key not in ("in", "as")}


def body(written: Mapping[str, Any], media_type: str = "application/json", **more: Any) -> Json:
    """An operation with this body."""
    return {"requestBody": {"content": {media_type: {"schema": written}}, **more}}


def skipped(operation: Mapping[str, Any], **more: Any) -> tuple[str, str]:
    """Why an operation becomes no action: reason and sentence."""
    method, path = more.pop("method", "get"), more.pop("path", "/parcels")
    result = converted({path: {method: operation}}, **more)
    assert result.document["actions"] == {}
    (one,) = result.report.skipped
    return str(one.reason), one.sentence


def warnings_of(**top: Any) -> list[str]:
    return list(converted(**top).report.warnings)


def fetch_nothing(url: str) -> bytes:
    raise Unfetched("Nothing is fetched here.")


def new_report() -> Report:
    return Report()
