"""The embedding models: which one searches use, how far a new one is, and the button that begins or cancels that."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.caller import Caller
from accounts.chrome.acts import Act, attempt
from accounts.chrome.cells import GOOD, INFO, MUTE, badge
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.errors import Conflict
from accounts.roles import Right
from integrations.embedding.lexical_hash import MODEL_ID as FALLBACK
from integrations.embedding.shelf import chosen_embedder
from memory.admin.imports import roughly
from memory.embedding.models import begin_reembedding, building_model, cancel_reembedding, retry_failed
from memory.embedding.progress import Progress, progress_of
from memory.models import EmbeddingModel, ModelState

REFRESH_SECONDS = 3
_STATES = {
    ModelState.ACTIVE: ("In use", GOOD),
    ModelState.BUILDING: ("Being built", INFO),
    ModelState.RETIRED: ("Retired", MUTE),
}


@dataclass(frozen=True)
class ModelRow:
    model: EmbeddingModel
    state: SafeString
    progress: Progress
    percent: float
    left: str
    """How long it takes yet; empty: it cannot be told."""
    is_building: bool
    is_fallback: bool


class Begin(Act):
    name, label, button, icon = "begin", "Change the model", "Begin", "autorenew"

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).is_platform_owner

    def explain(self, subject: None) -> str:
        return (
            f"Every memory gets a vector of {_chosen()}, in the background. Searches go on with the model in use until "
            "all have theirs; then the new one takes over at once."
        )

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> str:
        model = begin_reembedding(by=caller_behind(request))
        return f"{model.name} is being built." if model.state == ModelState.BUILDING else "The one in use stays."


class Cancel(Begin):
    name, label, button, icon = "cancel", "Cancel", "Cancel it", "cancel"
    danger = True

    def explain(self, subject: None) -> str:
        return "The vectors that were made of it are removed, and searches go on with the model in use."

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> str:
        model = building_model()
        if model is None:
            raise Conflict("No model is being built any more: it took over, or somebody has cancelled it.")
        cancel_reembedding(by=caller_behind(request), name=model.name)
        return f"{model.name} is given up."


class Retry(Begin):
    name, label, button, icon = "retry", "Try failed ones again", "Try again", "refresh"

    def explain(self, subject: None) -> str:
        return "Texts that the model refused several times are handed to it once more."

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> str:
        return f"{retry_failed(by=caller_behind(request)):,} are tried again."


ACTS: Mapping[str, Act] = {act.name: act for act in (Begin(), Cancel(), Retry())}


def models_page(request: HttpRequest) -> HttpResponse:
    caller = caller_behind(request)
    caller.require(Right.READ)
    rows = [_row(model) for model in EmbeddingModel.objects.order_by("state", "-id")]
    context = {
        **_context(request, ("Models", "")),
        "title": "Embedding models",
        "rows": rows,
        "may_change": caller.is_platform_owner,
        "offers": _offers(caller, rows),
        "refresh_seconds": REFRESH_SECONDS if any(row.is_building for row in rows) else None,
        "is_fallback": any(row.is_fallback and row.model.state == ModelState.ACTIVE for row in rows),
    }
    return TemplateResponse(request, "admin/memory/models.html", context)


def model_act_page(request: HttpRequest, name: str) -> HttpResponse:
    """The models are the installation's: whoever runs it changes them, and nobody else."""
    act = ACTS[name]
    if not act.allowed(request, None, None):
        raise PermissionDenied
    form = act.form(request, None, request.POST if request.method == "POST" else None)
    done, result = attempt(act, request, None, form) if form.is_bound else (False, None)
    if done:
        messages.success(request, str(result))
        return redirect("admin:memory-models")
    context = {
        **_context(request, ("Models", reverse("admin:memory-models")), (act.label, "")),
        "title": act.label,
        "act": act,
        "form": form,
        "explanation": act.explain(None),
        "back_url": reverse("admin:memory-models"),
    }
    return TemplateResponse(request, "admin/act.html", context, status=422 if form.errors else 200)


def _context(request: HttpRequest, *crumbs: tuple[str, str]) -> dict[str, Any]:
    return {**admin.site.each_context(request), "crumbs": [("Memory", reverse("admin:memory")), *crumbs]}


def _chosen() -> str:
    try:
        return f"`{chosen_embedder().facts.id}`, which is what EMBEDDER names now"
    except ImproperlyConfigured:
        return f"what EMBEDDER names, `{settings.EMBEDDER}`"


def _row(model: EmbeddingModel) -> ModelRow:
    progress, state = progress_of(model), ModelState(model.state)
    said, tone = _STATES[state]
    left = progress.seconds_left
    return ModelRow(
        model=model,
        state=badge(said, tone),
        progress=progress,
        percent=round(progress.share * 100, 1),
        left="" if left is None else roughly(left),
        is_building=state is ModelState.BUILDING,
        is_fallback=model.name == FALLBACK,
    )


def _offers(caller: Caller, rows: list[ModelRow]) -> list[Act]:
    """What makes sense now. The verbs refuse what does not."""
    if not caller.is_platform_owner:
        return []
    names = [
        *(["cancel"] if any(row.is_building for row in rows) else ["begin"]),
        *(["retry"] if any(row.progress.failed for row in rows) else []),
    ]
    return [ACTS[name] for name in names]


offer_page("memory/models/", models_page, name="memory-models")
for _name in ACTS:
    offer_page(f"memory/models/{_name}/", partial(model_act_page, name=_name), name=f"memory-models-{_name}")
