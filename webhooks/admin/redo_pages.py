"""Having many done again: who is meant, how many those are, and only then the button that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.caller import Caller
from accounts.chrome.forms import ActForm, complain
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.errors import QuartermasterError
from accounts.ids import first_id_at, new_id
from accounts.roles import Right
from webhooks.admin.redo_forms import KeyField
from webhooks.counters import WINDOWS

SPAN = "time"
"""As lists say from when on; here it becomes the time itself."""
KEY = "key"
MOST_CHOICES = 500

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Counted:
    count: int
    note: str = ""
    """What else is to be known before somebody goes on."""


@dataclass(frozen=True)
class Redo:
    title: str
    lead: str
    noun: str
    nouns: str
    button: str
    form: type[ActForm]
    count: Callable[[Caller, Mapping[str, Any]], Counted]
    perform: Callable[[Caller, Mapping[str, Any], str | None], str]
    """Returns what is said afterwards."""

    def named(self, count: int) -> str:
        return f"{count:,} {self.noun if count == 1 else self.nouns}"


def redo_page(pages: TenantPages, request: HttpRequest, redo: Redo) -> HttpResponse:
    caller = caller_behind(request)
    if not caller.may(Right.CALL):
        raise PermissionDenied
    asked = _asked(request.POST if request.method == "POST" else request.GET)
    form, counted = redo.form(asked), None
    try:
        if form.is_valid() and request.method == "POST":
            messages.success(request, redo.perform(caller, form.cleaned_data, KeyField().clean(asked.get(KEY))))
            return redirect(pages.address("changelist"))
        counted = redo.count(caller, form.cleaned_data) if form.is_valid() else None
    except ValidationError as error:
        form.add_error(None, error)
    except QuartermasterError as error:
        complain(form, error)
    context = pages.page_context(
        request,
        None,
        crumb=redo.title,
        title=redo.title,
        redo=redo,
        form=form,
        counted=counted,
        key=str(new_id()),
        back_url=pages.address("changelist"),
    )
    return TemplateResponse(request, "admin/webhooks/redo.html", context, status=422 if form.errors else 200)


def made_within(rows: QuerySet[Row], values: Mapping[str, Any]) -> QuerySet[Row]:
    """Ids sort by time."""
    if values["since"]:
        rows = rows.filter(id__gte=first_id_at(values["since"]))
    return rows.filter(id__lt=first_id_at(values["until"])) if values["until"] else rows


def written(values: Mapping[str, Any]) -> dict[str, str]:
    """What was asked for, as it is kept."""
    return {name: value if isinstance(value, str) else value.isoformat() for name, value in values.items() if value}


def query_of(request: HttpRequest) -> str:
    """What a list is narrowed by, for a link to such a page."""
    query = request.GET.urlencode()
    return f"?{query}" if query else ""


def _asked(given: QueryDict) -> QueryDict:
    """What a list was narrowed by, as the form has it."""
    asked = given.copy()
    window = WINDOWS.get(asked.get(SPAN, ""))
    if window is not None and not asked.get("since"):
        asked["since"] = f"{timezone.now() - window.step * window.steps:%Y-%m-%dT%H:%M}"
    return asked
