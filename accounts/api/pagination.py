"""Cursor pages: `{"next", "previous", "results"}`."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

PAGE_PARAMETERS = frozenset({"cursor", "limit"})


class Pages(CursorPagination):
    """Newest first; `?limit=` up to 200, `?cursor=` as given by `next` and `previous`."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"


def page(
    rows: QuerySet[Any], represent: Callable[[Any], dict[str, Any]], *, request: Request, view: APIView
) -> Response:
    """One page of `rows`, each as `represent` shows it."""
    pages = Pages()
    chosen: list[Model] = pages.paginate_queryset(rows, request, view=view) or []
    return pages.get_paginated_response([represent(row) for row in chosen])
