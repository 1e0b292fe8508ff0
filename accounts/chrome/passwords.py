"""Setting a password: by the link of an invitation, and one's own. Both go through the verb that changes people."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.authenticate import caller_of, refuse_elsewhere
from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm, complain
from accounts.errors import Forbidden, NotFound, QuartermasterError
from accounts.invitations import invited_person
from accounts.models import Person
from accounts.networks import address_behind
from accounts.people import change_person
from accounts.tenancy import platform, within


class ChangePassword(Act):
    name, label = "password", "Change password"


CHANGE = ChangePassword()


class NewPasswordForm(ActForm):
    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, and not one that everybody uses.",
    )
    again = forms.CharField(
        label="New password again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("password") != values.get("again"):
            self.add_error("again", "This is not the same as above.")
        return values


class OwnPasswordForm(NewPasswordForm):
    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("current",)

    def __init__(self, person: Person, *args: Any, **options: Any) -> None:
        self.person = person
        super().__init__(*args, **options)

    def clean_current(self) -> None:
        if not self.person.check_password(self.cleaned_data["current"]):
            raise ValidationError("This is not your current password.")


@sensitive_post_parameters()
@never_cache
def invitation_page(request: HttpRequest, context: dict[str, Any], person_id: UUID, token: str) -> HttpResponse:
    """Where an invitation's link leads: to a stranger, who proves with the link who they are."""
    try:
        with platform():
            person = invited_person(person_id, token)
        refuse_elsewhere(person, address_behind(request.META))
    except (NotFound, Forbidden) as error:
        return render(request, "error.html", {"error": error}, status=error.status)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _set_password(person, form):
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("admin:login")
    context |= {"form": form, "person": person}
    return render(request, "admin/invitation.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
def own_password_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Somebody changes their own password. They stay signed in here; their other sessions end."""
    person = cast(Person, request.user)
    form = OwnPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid() and (changed := _set_password(person, form)):
        update_session_auth_hash(request, changed)
        messages.success(request, "Your password is changed.")
        return redirect("admin:index")
    context |= {"form": form, "title": "Change password", "act": CHANGE, "back_url": reverse("admin:index")}
    return TemplateResponse(request, "admin/act.html", context, status=422 if form.errors else 200)


def _set_password(person: Person, form: NewPasswordForm) -> Person | None:
    """The person, changed by themselves in their own tenant; None when the form says why not."""
    try:
        with within(person.tenant_id):
            password = form.cleaned_data["password"]
            return change_person(person=person, by=caller_of(person), changes={"password": password})
    except (QuartermasterError, ValidationError) as error:
        complain(form, error)
        return None
