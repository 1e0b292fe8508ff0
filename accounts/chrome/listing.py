"""A list's rows as its template draws them, and its pages, which are never counted further than a person would leaf."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.utils.text import capfirst

COUNTED_AT_MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no more than COUNTED_AT_MOST rows: a tenant may have a hundred million executions."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED_AT_MOST].count())


@dataclass(frozen=True)
class Cell:
    label: str
    content: Any


@dataclass(frozen=True)
class ActLink:
    label: str
    url: str
    danger: bool
    icon: str = ""


@dataclass(frozen=True)
class Row:
    url: str
    first: Cell
    """The one that leads to the object."""
    rest: Sequence[Cell]
    acts: Sequence[ActLink]


@dataclass(frozen=True)
class Header:
    label: str
    order_url: str = ""
    """Empty: the list cannot be ordered by it."""
    direction: str = ""
    """`ascending`, `descending` or nothing, as `aria-sort` wants it."""


def headers(cl: Any) -> list[Header]:
    ordered = cl.get_ordering_field_columns()
    return [_header(cl, index, name, ordered.get(index, "")) for index, name in enumerate(cl.list_display)]


def _header(cl: Any, index: int, name: str, direction: str) -> Header:
    label = str(label_for_field(name, cl.model, model_admin=cl.model_admin))
    sortable = cl.get_ordering_field(name) is not None
    if not sortable:
        return Header(capfirst(label))
    turned = f"-{index}" if direction == "asc" else str(index)
    words = {"asc": "ascending", "desc": "descending"}
    return Header(capfirst(label), cl.get_query_string({"o": turned}, remove=["p"]), words.get(direction, ""))


def rows(cl: Any, request: Any) -> list[Row]:
    labels = [header.label for header in headers(cl)]
    return [_row(cl, request, labels, each) for each in cl.result_list]


def _row(cl: Any, request: Any, labels: list[str], shown: Any) -> Row:
    cells = [
        Cell(label, _content(name, shown, cl.model_admin)) for label, name in zip(labels, cl.list_display, strict=True)
    ]
    return Row(
        url=cl.model_admin.address("change", shown.pk),
        first=cells[0],
        rest=cells[1:],
        acts=cl.model_admin.act_links(request, shown, in_rows=True),
    )


def _content(name: str, shown: Any, pages: Any) -> Any:
    return lookup_field(name, shown, pages)[2]


@dataclass(frozen=True)
class Leaf:
    """Where one is among the pages of a list."""

    first: int
    last: int
    total: int
    capped: bool
    previous_url: str
    next_url: str


def leaf(cl: Any) -> Leaf:
    total, number, per_page = cl.result_count, cl.page_num, cl.list_per_page
    shown = len(cl.result_list)
    first = (number - 1) * per_page + 1 if shown else 0
    last = first + shown - 1 if shown else 0
    return Leaf(
        first=first,
        last=last,
        total=total,
        capped=total >= COUNTED_AT_MOST,
        previous_url=cl.get_query_string({PAGE_VAR: number - 1}) if number > 1 else "",
        next_url=cl.get_query_string({PAGE_VAR: number + 1}) if last < total else "",
    )
