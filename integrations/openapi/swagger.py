"""OpenAPI 2.0 (Swagger) written as 3.0: bodies, forms, servers and security stand elsewhere there."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.openapi.references import Dangling, References

_OF_THE_PARAMETER = frozenset({"name", "in", "required", "description", "collectionFormat", "allowEmptyValue"})
_STYLES: Mapping[str, Mapping[str, Any]] = {
    "multi": {"style": "form", "explode": True},
    "csv": {"style": "form", "explode": False},
    "tsv": {"style": "spaceDelimited", "explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
}
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}


def servers_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Host, base path and schemes as servers; a document without a host is at the place that it came from."""
    host, base = document.get("host"), document.get("basePath")
    path = base if isinstance(base, str) else ""
    if not isinstance(host, str) or not host:
        return [{"url": path}] if path else []
    schemes = [one for one in _listed(document.get("schemes")) if one in ("https", "http")] or ["https"]
    return [{"url": f"{scheme}://{host}/{path.lstrip('/')}"} for scheme in sorted(schemes, reverse=True)]


def scheme_of(written: Mapping[str, Any]) -> dict[str, Any]:
    """A security definition as a security scheme."""
    if written.get("type") == "basic":
        return {**written, "type": "http", "scheme": "basic"}
    if written.get("type") != "oauth2":
        return dict(written)
    flow = str(written.get("flow"))
    return {**written, "flows": {_FLOWS.get(flow, flow): written}}


def parameter_of(written: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter of the path, the query or a header: its schema stands in it directly."""
    if "schema" in written or "content" in written:
        return dict(written)
    schema = {key: value for key, value in written.items() if key not in _OF_THE_PARAMETER}
    kept = {key: value for key, value in written.items() if key in _OF_THE_PARAMETER}
    style = _STYLES.get(str(written.get("collectionFormat", "csv")), {}) if written.get("type") == "array" else {}
    return {**kept, "schema": schema, **(style if written.get("in") in ("query", "formData") else {})}


def body_of(
    parameters: Sequence[Mapping[str, Any]], consumes: Sequence[str], references: References
) -> dict[str, Any] | None:
    """What the parameters in the body, or of a form, say together; None where there are none."""
    for parameter in parameters:
        if parameter.get("in") == "body":
            media = {"schema": parameter.get("schema", {})}
            return {**_kept(parameter), "content": dict.fromkeys(consumes or ["application/json"], media)}
    form = [parameter_of(one) for one in parameters if one.get("in") == "formData"]
    return _form(form, consumes, references) if form else None


def _form(form: Sequence[Mapping[str, Any]], consumes: Sequence[str], references: References) -> dict[str, Any]:
    properties = {
        one["name"]: {
            **_schema(one, references),
            **({"description": one["description"]} if "description" in one else {}),
        }
        for one in form
        if isinstance(one.get("name"), str)
    }
    required = [one["name"] for one in form if one.get("required") is True and one.get("name") in properties]
    has_file = any(schema.get("type") == "file" for schema in properties.values())
    kinds = [kind for kind in consumes if "form" in kind]
    kind = "multipart/form-data" if has_file else (kinds or ["application/x-www-form-urlencoded"])[0]
    encoding = {one["name"]: {key: one[key] for key in ("style", "explode")} for one in form if "style" in one}
    schema = {"type": "object", "properties": properties, "required": required}
    return {"required": bool(required), "content": {kind: {"schema": schema, "encoding": encoding}}}


def _schema(parameter: Mapping[str, Any], references: References) -> dict[str, Any]:
    try:
        schema = references.follow(parameter.get("schema"))
    except Dangling:
        return {}
    return schema if isinstance(schema, dict) else {}


def _kept(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {key: parameter[key] for key in ("description", "required") if key in parameter}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
