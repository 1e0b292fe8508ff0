"""Cursor pages: `{"next", "previous", "results"}`."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.api.queries import LARGEST_PAGE
from accounts.errors import Fault, Invalid

T = TypeVar("T")


class Pages(CursorPagination):
    """Newest first unless told otherwise; the view's `PageQuery` has read `limit` already."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = LARGEST_PAGE

    def __init__(self, rows: QuerySet[Any], ordering: str) -> None:
        self.rows = rows
        self.ordering = ordering

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise _no_cursor() from None
        if cursor is not None:
            self._refuse_position(cursor.position)
        return cursor

    def _refuse_position(self, position: str | int | None) -> None:
        """A cursor's position is a value of the column that the rows are in order of, which no two rows share."""
        column = self.rows.model._meta.get_field(self.ordering[0].lstrip("-"))
        try:
            if column.to_python(position) is None:
                raise _no_cursor()
        except ValidationError:
            raise _no_cursor() from None


def _no_cursor() -> Invalid:
    fault = Fault("cursor", "This is no cursor of this list. Give that of a page's `next` or `previous`.")
    return Invalid("The page cannot be found.", faults=[fault])


def page(
    rows: QuerySet[Any],
    represent: Callable[[Any], dict[str, Any]],
    *,
    request: Request,
    view: APIView,
    ordering: str = "-id",
) -> Response:
    """One page of `rows`, each as `represent` shows it. `ordering` names a column of ids or numbers."""
    return page_at_once(
        rows, lambda chosen: [represent(row) for row in chosen], request=request, view=view, ordering=ordering
    )


def page_at_once(
    rows: QuerySet[Any],
    represent_all: Callable[[list[Any]], list[dict[str, Any]]],
    *,
    request: Request,
    view: APIView,
    ordering: str = "-id",
) -> Response:
    """As `page`, for rows whose representation is read for all of them together."""
    pages = Pages(rows, ordering)
    chosen = pages.paginate_queryset(rows, request, view=view) or []
    return pages.get_paginated_response(represent_all(list(chosen)))


def page_of(
    items: Sequence[T], represent: Callable[[T], dict[str, Any]], *, request: Request, query: Mapping[str, Any]
) -> Response:
    """One page of what is in memory anyway; its cursor is the place where it begins."""
    limit = query.get("limit", Pages.page_size)
    start = _place(query.get("cursor", "0"), len(items))

    def address(place: int) -> str:
        return replace_query_param(request.build_absolute_uri(), "cursor", place)

    return Response(
        {
            "next": address(start + limit) if start + limit < len(items) else None,
            "previous": address(max(0, start - limit)) if start else None,
            "results": [represent(item) for item in items[start : start + limit]],
        }
    )


def _place(cursor: str, length: int) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9 and int(cursor) <= length):
        raise _no_cursor()
    return int(cursor)


@cache
def paged(serializer_class: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A page of these, for the schema."""
    name = serializer_class.__name__.removesuffix("Serializer")
    link = serializers.URLField(allow_null=True)
    return inline_serializer(f"{name}Page", {"next": link, "previous": link, "results": serializer_class(many=True)})
