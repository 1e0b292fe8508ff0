"""An API description as a whole: its version, and the parts of it that stand elsewhere in 2.0 than in 3.x."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.documents import BadDocument
from integrations.openapi import swagger
from integrations.openapi.references import Dangling, References
from integrations.openapi.report import Report

METHODS = ("get", "put", "post", "delete", "patch", "head")
OTHER_METHODS = ("options", "trace", "connect", "query")

_OTHER_KINDS = {
    "asyncapi": "an AsyncAPI description, of messages and not of calls",
    "swaggerVersion": "Swagger 1.2, which is too old",
    "discoveryVersion": "a Google discovery document",
    "openrpc": "an OpenRPC description",
    "raml": "a RAML description",
    "$schema": "a JSON Schema",
    "item": "a Postman collection",
    "arazzo": "an Arazzo description, of workflows and not of calls",
    "overlay": "an OpenAPI overlay",
}


@dataclass(frozen=True)
class Operation:
    method: str
    """In lower case."""
    path: str
    written: Mapping[str, Any]
    shared: Mapping[str, Any]
    """What the path's item says for all of its operations."""

    @property
    def call(self) -> str:
        return f"{self.method.upper()} {self.path}"


class Document:
    """A bundled description. Everything in it may be missing or of another kind than it should be."""

    def __init__(self, root: Any, report: Report) -> None:
        """Raises BadDocument for what is no OpenAPI description."""
        self.root = mapping(root)
        self.references = References(root)
        self.is_swagger = "swagger" in self.root
        self._report = report
        report.version = self._version()
        report.title = text(self.info.get("title"))[:200]

    @property
    def info(self) -> Mapping[str, Any]:
        return mapping(self.root.get("info"))

    @property
    def servers(self) -> list[Any]:
        return swagger.servers_of(self.root) if self.is_swagger else listed(self.root.get("servers"))

    @property
    def security_schemes(self) -> dict[str, Mapping[str, Any]]:
        if self.is_swagger:
            found = mapping(self.root.get("securityDefinitions"))
            return {name: swagger.scheme_of(self.followed(one)) for name, one in found.items()}
        found = mapping(mapping(self.root.get("components")).get("securitySchemes"))
        return {name: self.followed(one) for name, one in found.items()}

    def operations(self) -> Iterator[Operation]:
        """Of every path, in the document's order. Those of other methods come along: whoever reads skips them."""
        for path, written in mapping(self.root.get("paths")).items():
            if path.startswith("x-"):
                continue
            item = self.followed(written)
            for method, operation in item.items():
                if method.lower() in METHODS + OTHER_METHODS:
                    yield Operation(method.lower(), path, mapping(operation), item)

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """The operation's own, and those of its path that it does not replace. One of a 2.0 body comes as it is."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for written in [*listed(operation.shared.get("parameters")), *listed(operation.written.get("parameters"))]:
            parameter = dict(self.followed(written))
            name, place = text(parameter.get("name")), text(parameter.get("in"))
            if not name or not place:
                self._report.warn("A parameter without a name or a place was left out.")
                continue
            in_body = place in ("body", "formData")
            found[name, place] = parameter if in_body or not self.is_swagger else swagger.parameter_of(parameter)
        return list(found.values())

    def body(self, operation: Operation, parameters: list[dict[str, Any]]) -> Mapping[str, Any] | None:
        """The request's body in 3.x's form; None where there is none. Raises Dangling."""
        if not self.is_swagger:
            written = operation.written.get("requestBody")
            return mapping(self.references.follow(written)) if written else None
        own = operation.written.get("consumes")
        consumes = [kind for kind in listed(own or self.root.get("consumes")) if isinstance(kind, str)]
        return swagger.body_of(parameters, consumes, self.references)

    def followed(self, written: Any) -> Mapping[str, Any]:
        """What stands there in the end; nothing where it dangles, which the report tells."""
        try:
            return mapping(self.references.follow(written))
        except Dangling as dangling:
            self._report.warn(f"`{str(dangling)[:200]}` names nothing in the document.")
            return {}

    def _version(self) -> str:
        for field, name in (("openapi", "OpenAPI"), ("swagger", "Swagger")):
            if field in self.root:
                version = str(self.root[field])[:20]
                if not version.startswith(("2", "3")):
                    raise BadDocument(f"This is {name} {version}. Send OpenAPI 2.0, 3.0 or 3.1.")
                return f"{name} {version}"
        for field, kind in _OTHER_KINDS.items():
            if field in self.root:
                raise BadDocument(f"This is {kind}. Send an OpenAPI 2.0, 3.0 or 3.1 description.")
        if not isinstance(self.root.get("paths"), dict):
            raise BadDocument("This is no OpenAPI description: it has neither `openapi` or `swagger` nor `paths`.")
        self._report.warn("The document does not say which version of OpenAPI it follows. It was read as 3.0.")
        return "OpenAPI 3.0"


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
