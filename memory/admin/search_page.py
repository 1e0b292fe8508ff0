"""Searching as an agent would, with each score explained."""

import time
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import bridge
from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.chrome.forms import complain
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.errors import QuartermasterError
from accounts.middleware import asks_outside
from accounts.models import Agent
from accounts.roles import Right
from accounts.tenancy import within
from memory.admin.cells import list_address
from memory.admin.search_form import SearchForm, request_in
from memory.admin.search_hits import MODES, compared, hit_rows, took
from memory.search.read import read_request
from memory.search.recall import search
from memory.search.types import Answer
from registry.admin.command import curl

TOOL = "memory-query"


@dataclass(frozen=True)
class Outcome:
    asked: dict[str, Any]
    """As REST and tools would be asked."""
    answer: Answer
    seconds: float


@asks_outside
def search_page(request: HttpRequest) -> HttpResponse:
    caller = caller_behind(request)
    with within(caller.tenant_id):
        caller.require(Right.READ)
        data = request.GET if "query" in request.GET else None
        form = SearchForm(data, may_be_agent=caller.may(Right.PEOPLE))
    outcome = _found(caller, form) if form.is_bound and form.is_valid() else None
    with within(caller.tenant_id):
        context = {
            **admin.site.each_context(request),
            "title": "Search memories",
            "crumbs": [("Memories", list_address()), ("Search", "")],
            "form": form,
            "outcome": outcome,
            **(_shown(request, outcome) if outcome else {}),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/memory/search.html", context, status=status).render()


def _found(caller: Caller, form: SearchForm) -> Outcome | None:
    """None where the request was refused, which the form tells."""
    asked = request_in(form.cleaned_data)
    try:
        by = _as_agent(caller, form.cleaned_data.get("agent", ""))
        read, began = read_request({**asked, "explain": True}), time.perf_counter()
        # Its vector may come from a service outside: nothing is open meanwhile.
        answer = bridge.start(search(caller=by, request=read)).result()
        return Outcome(asked, answer, time.perf_counter() - began)
    except QuartermasterError as error:
        complain(form, error)
        return None


def _as_agent(caller: Caller, slug: str) -> Caller:
    """Whose reach it is. The form offers agents to those only who may look after them."""
    if not slug:
        return caller
    with within(caller.tenant_id):
        return absent_caller(tenant_id=caller.tenant_id, agent_id=Agent.objects.get(slug=slug).id)


def _shown(request: HttpRequest, outcome: Outcome) -> dict[str, Any]:
    how = outcome.answer.how
    root = f"{request.scheme}://{request.get_host()}/api/v1"
    return {
        "hits": hit_rows(outcome.answer),
        "how": how,
        "mode": MODES[how.mode],
        "compared": compared(how),
        "took": took(outcome.seconds),
        "rest": curl(f"{root}/memories/search/", outcome.asked),
        "tool": curl(f"{root}/executions/", {"tool": TOOL, "input": outcome.asked}),
    }


offer_page("memory/search/", search_page, name="memory-search")
