"""The pages of a model: a list, a detail page for each object, and acts. Rows come from the scope's tenant only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin

from accounts.caller import Caller
from accounts.chrome.acts import Act, attempt
from accounts.chrome.filters import MenuFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.listing import ActLink, CappedPaginator
from accounts.chrome.related import acts_for, links_for, panels_for
from accounts.middleware import PageRequest, asks_outside
from accounts.models import AuditEntry
from accounts.tenancy import within

_HISTORY_ENTRIES = 100


@dataclass(frozen=True)
class Empty:
    """What a list says when there is nothing in it yet."""

    title: str
    text: str
    template: str = ""
    """What to do next, where that takes more than a sentence."""


class TenantPages(ModelAdmin):
    """What is read comes through the model's manager, what is written goes through verbs, and nothing goes in bulk."""

    actions = None
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    paginator = CappedPaginator
    view_on_site = False
    change_list_template = "admin/list.html"
    detail_template: ClassVar[str] = "admin/detail.html"
    plural: ClassVar[str] = ""
    """What the objects are called, where the model's own words will not do."""
    filters: ClassVar[Sequence[type[MenuFilter]]] = ()
    empty: ClassVar[Empty] = Empty("Nothing here yet", "")
    add_act: ClassVar[Act | None] = None
    edit_act: ClassVar[Act | None] = None
    """What a POST to the detail page does; an `edit/` page asks for it."""
    acts: ClassVar[Sequence[Act]] = ()

    # --- Who may ---

    def may_change(self, request: HttpRequest, subject: Any = None) -> bool:
        """Whether the person's role may change objects of this kind; some pages look at `subject`, too."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_act is not None and self.add_act.allowed(request, self, None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.edit_act is not None and self.edit_act.allowed(request, self, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self.filters

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list filters by. Django would let one probe every column: `password__startswith`."""
        return any(lookup == each.parameter_name for each in self.filters)

    # --- Where ---

    def address(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        acts = [
            path(f"<path:object_id>/{act.name}/", wrap(self.act_page(act)), name=f"{name}_{act.name}")
            for act in self.object_acts
        ]
        # Unnamed is only the redirect from the addresses of Django 1.8.
        return [*acts, *(url for url in super().get_urls() if url.name)]

    @property
    def object_acts(self) -> list[Act]:
        return [*([self.edit_act] if self.edit_act else []), *self.acts, *acts_for(self.model)]

    # --- What is shown ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"title": capfirst(self.called), "pages": self, **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The detail page. A POST is its edit."""
        subject = self.found(request, object_id)
        if request.method == "POST":
            if self.edit_act is None:
                raise PermissionDenied
            return self.carry_out(request, self.edit_act, subject)
        context = {
            **self.page_context(request, subject),
            "act_links": self.act_links(request, subject),
            "links": links_for(subject),
            "panels": panels_for(request, subject),
            **self.detail(request, subject),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.detail_template, context)

    def detail(self, request: HttpRequest, subject: Any) -> dict[str, Any]:
        """What the detail page's template needs besides `original`."""
        return {}

    def page_context(self, request: HttpRequest, subject: Any, **more: Any) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "pages": self,
            "original": subject,
            "title": "" if subject is None else self.name_of(subject),
            "name": "" if subject is None else self.name_of(subject),
            "list_url": self.address("changelist"),
            **more,
        }

    @property
    def called(self) -> str:
        return self.plural or str(self.opts.verbose_name_plural)

    def name_of(self, subject: Any) -> str:
        """What the object is called in titles and breadcrumbs."""
        return str(subject)

    def found(self, request: HttpRequest, object_id: str) -> Any:
        """The object, if this person may see it. Another tenant's is as absent as one that never was."""
        subject = self.get_object(request, unquote(object_id))
        if subject is None:
            raise Http404
        if not self.has_view_permission(request, subject):
            raise PermissionDenied
        return subject

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the audit trail says about the object; it replaces Django's log, which knows no tenants."""
        subject = self.found(request, object_id)
        if not request.user.has_perm("accounts.view_auditentry"):
            raise PermissionDenied
        entries = AuditEntry.objects.filter(subject=f"{self.audit_word}:{subject.pk}")[:_HISTORY_ENTRIES]
        context = self.page_context(request, subject, crumb="History", entries=entries, most=_HISTORY_ENTRIES)
        return TemplateResponse(request, "admin/history.html", context)

    @property
    def audit_word(self) -> str:
        """What the audit trail calls such an object in its subjects."""
        return str(self.opts.model_name)

    # --- What is done ---

    def act_links(self, request: HttpRequest, subject: Any, *, in_rows: bool = False) -> list[ActLink]:
        return [
            ActLink(act.label, self.address(act.name, subject.pk), act.danger, act.icon)
            for act in self.object_acts
            if (act.in_rows or not in_rows) and act.allowed(request, self, subject) and act.offered(subject)
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.add_act is None:
            raise PermissionDenied
        return self.carry_out(request, self.add_act, None)

    def act_page(self, act: Act) -> Any:
        def page(request: HttpRequest, object_id: str) -> HttpResponse:
            return self.carry_out(request, act, self.found(request, object_id))

        def page_outside(request: HttpRequest, object_id: str) -> HttpResponse:
            return self.carry_out_outside(request, act, object_id)

        return asks_outside(sensitive_post_parameters()(page_outside)) if act.asks_outside else page

    def carry_out(self, request: HttpRequest, act: Act, subject: Any) -> HttpResponse:
        """Ask with the act's form; a POST does it, or shows the form again with what was wrong."""
        form = self.asked(request, act, subject)
        done, result = attempt(act, request, subject, form) if form.is_bound else (False, None)
        return act.answer(request, self, subject, result) if done else self.ask(request, act, subject, form)

    def carry_out_outside(self, request: HttpRequest, act: Act, object_id: str | None) -> HttpResponse:
        """The same for an act that waits for a service outside: in scopes before and after, and in none meanwhile."""
        with within(caller_behind(request).tenant_id):
            subject = None if object_id is None else self.found(request, object_id)
            form = self.asked(request, act, subject)
        done, result = attempt(act, request, subject, form) if form.is_bound else (False, None)
        with within(caller_behind(request).tenant_id):
            if done:
                return act.answer(request, self, subject, result)
            return self.ask(request, act, subject, form).render()

    def asked(self, request: HttpRequest, act: Act, subject: Any) -> ActForm:
        """The act's form, with what was sent. Raises PermissionDenied where the person's role does not let them."""
        if not act.allowed(request, self, subject):
            raise PermissionDenied
        return act.form(request, subject, request.POST if request.method == "POST" else None)

    def ask(self, request: HttpRequest, act: Act, subject: Any, form: ActForm) -> TemplateResponse:
        context = self.page_context(
            request,
            subject,
            act=act,
            form=form,
            crumb=act.label,
            explanation=act.explain(subject),
            title=act.label if subject is None else f"{act.label}: {self.name_of(subject)}",
            back_url=self.address("changelist") if subject is None else self.address("change", subject.pk),
        )
        return TemplateResponse(request, "admin/act.html", context, status=422 if form.errors else 200)

    def get_preserved_filters(self, request: HttpRequest) -> str:
        """The list is left and found again by the browser's own history."""
        return urlencode({})


def caller_behind(request: HttpRequest) -> Caller:
    """Who is signed in, as the verbs want it."""
    return cast(PageRequest, request).caller
