"""People: invited, given a role, shut out and let in again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Case, CharField, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.chrome.acts import Act
from accounts.chrome.cells import GOOD, INFO, MUTE, ago, badge, two_lines
from accounts.chrome.filters import ChoiceFilter, MenuFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.invitations import invitation_path
from accounts.models import Person, Tenant
from accounts.people import change_person, create_person
from accounts.roles import Role

ACTIVE, INVITED, SHUT_OUT = "active", "invited", "shut_out"
STATES = {ACTIVE: ("Active", GOOD), INVITED: ("Invited", INFO), SHUT_OUT: ("Shut out", MUTE)}

ROLE_HELP = (
    "An owner may do everything, an admin everything but make owners, an operator manages and calls tools, "
    "a viewer reads."
)


class PersonForm(ActForm):
    name = forms.CharField(max_length=200, required=False)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.VIEWER, help_text=ROLE_HELP)


class InviteForm(PersonForm):
    email = forms.EmailField(max_length=254, label="E-mail", help_text="What they sign in with. It cannot be changed.")
    field_order = ("email",)


class HandsOverLink(Act):
    """Its answer is a page with a link for the person, shown once."""

    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: tuple[Person, str]) -> HttpResponse:
        person, link = result
        context = pages.page_context(
            request, person, crumb="Link", title=f"A way in for {person}", link=request.build_absolute_uri(link)
        )
        return TemplateResponse(
            request, "admin/accounts/invitation_link.html", context, headers={"Cache-Control": "no-store"}
        )


class Invite(HandsOverLink):
    name = "add"
    label = "Invite somebody"
    button = "Invite"
    icon = "person_add"
    form_class = InviteForm

    def explain(self, subject: Any) -> str:
        return "You get a link to hand over, with which they set their own password. No mail is sent from here."

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> tuple[Person, str]:
        caller = caller_behind(request)
        person = create_person(
            tenant=Tenant.objects.get(id=caller.tenant_id),
            email=values["email"],
            name=values["name"],
            role=Role(values["role"]),
            password=None,
            by=caller,
        )
        return person, invitation_path(person=person, by=caller)


class NewLink(HandsOverLink):
    name = "new-link"
    label = "New password link"
    icon = "link"

    def offered(self, subject: Person) -> bool:
        return subject.is_active

    def explain(self, subject: Any) -> str:
        return (
            "You get a link to hand over, with which they set a new password. Until then the old one goes on working."
        )

    def perform(self, request: HttpRequest, subject: Person, values: dict[str, Any]) -> tuple[Person, str]:
        person = Person.objects.get(id=subject.id)
        return person, invitation_path(person=person, by=caller_behind(request))


class EditPerson(Act):
    name = "edit"
    label = "Edit"
    button = "Save"
    done = "{subject} is changed."
    icon = "edit"
    form_class = PersonForm

    def initial(self, request: HttpRequest, subject: Person) -> dict[str, Any]:
        return {"name": subject.name, "role": subject.role}

    def perform(self, request: HttpRequest, subject: Person, values: dict[str, Any]) -> Person:
        return change_person(person=subject, by=caller_behind(request), changes=values)


class ShutOut(Act):
    name = "shut-out"
    label = "Shut out"
    done = "{subject} is shut out."
    icon = "person_off"
    danger = True
    in_rows = True

    def offered(self, subject: Person) -> bool:
        return subject.is_active

    def explain(self, subject: Any) -> str:
        return "They are signed out from the next page on and cannot sign in. What they did stays. It can be undone."

    def perform(self, request: HttpRequest, subject: Person, values: dict[str, Any]) -> Person:
        return change_person(person=subject, by=caller_behind(request), changes={"is_active": False})


class LetIn(Act):
    name = "let-in"
    label = "Let in again"
    done = "{subject} can sign in again."
    icon = "how_to_reg"
    in_rows = True

    def offered(self, subject: Person) -> bool:
        return not subject.is_active

    def explain(self, subject: Any) -> str:
        return "They can sign in again with the password they had."

    def perform(self, request: HttpRequest, subject: Person, values: dict[str, Any]) -> Person:
        return change_person(person=subject, by=caller_behind(request), changes={"is_active": True})


class RoleFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "role", "role", "role", Role


class StateFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, label) for state, (label, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.chosen()
        return queryset.filter(state=chosen) if chosen else queryset


@admin.register(Person)
class PersonPages(TenantPages):
    list_display = ("person", "role_name", "state", "last_seen", "since")
    filters = (RoleFilter, StateFilter)
    search_fields = ("email", "name")
    search_help_text = "Search e-mail, name"
    ordering = ("email",)
    detail_template = "admin/accounts/person.html"
    empty = Empty("Nobody here yet", "Invite somebody: you get a link to hand over.")
    add_act = Invite()
    edit_act = EditPerson()
    acts = (NewLink(), ShutOut(), LetIn())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the password's hash: only whether there is one."""
        state = Case(
            When(is_active=False, then=Value(SHUT_OUT)),
            When(Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX), then=Value(INVITED)),
            default=Value(ACTIVE),
            output_field=CharField(),
        )
        return super().get_queryset(request).defer("password").annotate(state=state)

    @admin.display(ordering="email")
    def person(self, person: Person) -> str:
        return two_lines(person.name or person.email, person.email if person.name else "")

    @admin.display(description="Role", ordering="role")
    def role_name(self, person: Person) -> str:
        return badge(person.get_role_display(), INFO if person.role == Role.OWNER else MUTE, dot=False)

    @admin.display(description="State")
    def state(self, person: Person) -> str:
        return badge(*STATES[person.state])  # type: ignore[attr-defined]

    @admin.display(description="Last sign-in", ordering="last_login")
    def last_seen(self, person: Person) -> str:
        return ago(person.last_login)

    @admin.display(description="Since", ordering="created_at")
    def since(self, person: Person) -> str:
        return ago(person.created_at)

    def detail(self, request: HttpRequest, subject: Person) -> dict[str, Any]:
        return {"state": self.state(subject)}
