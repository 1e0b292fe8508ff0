"""Answering a call that waits for a person: approve, approve and remember, refuse."""

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.caller import Caller
from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from accounts.chrome.pretty import one_sees
from accounts.roles import Right
from registry.approvals.decide import approve, refuse
from registry.approvals.remember import Remember, Whom, rememberable
from registry.models import Approval
from registry.models.approval import ApprovalState

UNTIL = {
    "hour": ("For an hour", timedelta(hours=1)),
    "day": ("For a day", timedelta(days=1)),
    "week": ("For a week", timedelta(days=7)),
    "month": ("For 30 days", timedelta(days=30)),
    "ever": ("For ever", None),
}
FROM_LIST = "list"
LONGEST_SHOWN = 120
"""Characters of a value beside its box; the whole input stands above."""


class RefuseForm(ActForm):
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=500,
        help_text="The caller reads it.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RememberForm(ActForm):
    scope = forms.ChoiceField(label="Whose calls", choices=Whom.choices)
    until = forms.ChoiceField(label="How long", choices=[(key, label) for key, (label, _) in UNTIL.items()])
    arguments = forms.MultipleChoiceField(
        label="Only with these values",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: whatever the input.",
    )
    halves = frozenset({"scope", "until"})

    def __init__(self, approval: Approval, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"scope": Whom.AGENT, "until": "day"}, **options})
        choices = [(name, f"{name}: {_readable(value)}") for name, value in rememberable(approval).items()]
        if choices:
            self.fields["arguments"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["arguments"]
        if approval.agent_id is None:
            self.fields["scope"].choices = [(Whom.EVERYBODY, Whom.EVERYBODY.label)]  # type: ignore[attr-defined]


def _readable(value: Any) -> str:
    text = one_sees(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} …"


def may_remember(caller: Caller) -> bool:
    """Whether this person makes permission rules."""
    return caller.may(Right.PEOPLE)


class Answer(Act):
    """An answer given on the list comes back to the list, where the next call waits."""

    def offered(self, subject: Approval) -> bool:
        return subject.state == ApprovalState.WAITING

    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: Any) -> HttpResponse:
        if request.POST.get("from") != FROM_LIST:
            return super().answer(request, pages, subject, result)
        messages.success(request, self.done.format(subject=result))
        return redirect(pages.address("changelist"))


class Approve(Answer):
    name = "approve"
    label = "Approve"
    done = "{subject} is approved and runs now."
    icon = "check"

    def explain(self, subject: Approval) -> str:
        return f"`{subject}` runs once, with exactly this input."

    def perform(self, request: HttpRequest, subject: Approval, values: dict[str, Any]) -> Approval:
        return approve(approval=subject, by=caller_behind(request))


class ApproveAndRemember(Answer):
    name = "remember"
    label = "Approve and remember"
    button = "Approve and remember"
    done = "{subject} is approved and runs now. Calls like it are allowed from now on."
    icon = "done_all"

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return may_remember(caller_behind(request)) and super().allowed(request, pages, subject)

    def explain(self, subject: Approval) -> str:
        return f"`{subject}` runs, and a permission rule allows calls like it without asking."

    def form(self, request: HttpRequest, subject: Any, data: Any = None) -> ActForm:
        return RememberForm(subject, data)

    def perform(self, request: HttpRequest, subject: Approval, values: dict[str, Any]) -> Approval:
        lasts = UNTIL[values["until"]][1]
        remember = Remember(
            Whom(values["scope"]),
            tuple(values.get("arguments", ())),
            timezone.now() + lasts if lasts else None,
        )
        return approve(approval=subject, by=caller_behind(request), remember=remember)


class Refuse(Answer):
    name = "refuse"
    label = "Refuse"
    done = "{subject} is refused. Nothing was sent."
    icon = "block"
    danger = True
    form_class = RefuseForm

    def explain(self, subject: Approval) -> str:
        return f"`{subject}` does not run, and its caller is told."

    def perform(self, request: HttpRequest, subject: Approval, values: dict[str, Any]) -> Approval:
        return refuse(approval=subject, by=caller_behind(request), reason=values["reason"])
