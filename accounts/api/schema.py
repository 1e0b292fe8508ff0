"""The OpenAPI schema's share of what all addresses have in common: query parameters and problems."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

from accounts.api.problems import CONTENT_TYPE
from accounts.api.queries import PageQuery, QuerySerializer

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457: what went wrong, and what to do about it.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "One word for programs, such as `not_found`."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                "required": ["path", "message"],
            },
        },
        "retry_after": {"type": "number", "description": "Seconds."},
        "execution_id": {"type": "string", "format": "uuid"},
    },
    "required": ["type", "title", "status", "detail", "code"],
}


class Schema(AutoSchema):
    """Reads what a view takes from the view itself, so that it is written once."""

    def get_override_parameters(self) -> list[OpenApiParameter | Serializer[Any] | type[Serializer[Any]]]:
        query = self._query()
        return [query] if query else []

    def get_operation_id(self) -> str:
        name: str = super().get_operation_id()
        query = self._query()
        return f"{name.removesuffix('_retrieve')}_list" if query and issubclass(query, PageQuery) else name

    def _query(self) -> type[QuerySerializer] | None:
        queries: dict[str, type[QuerySerializer]] = getattr(self.view, "queries", {})
        return queries.get(self.method.lower())


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: every operation may answer with a problem document."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    answer = {
        "description": "A problem document.",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", answer)
    return result
