"""What a person can do on a page: an act asks on a page of its own, then a verb does it or says why not."""

from contextlib import nullcontext
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.forms import ActForm, complain
from accounts.errors import QuartermasterError


class Act:
    """One thing to do to an object, or on a list (`subject` is None then)."""

    name: ClassVar[str]
    """The last part of its address."""
    label: ClassVar[str]
    """On the button that leads to it."""
    button: ClassVar[str] = ""
    """On the button that does it, where the label will not do."""
    done: ClassVar[str] = "Done."
    """Said afterwards; `{subject}` is the object."""
    icon: ClassVar[str] = ""
    danger: ClassVar[bool] = False
    """It takes something away: its button is red."""
    asks_outside: ClassVar[bool] = False
    """Its verb waits for a service outside, and opens its own transactions."""
    in_rows: ClassVar[bool] = False
    """Offered in the rows of the list, too."""
    form_class: ClassVar[type[ActForm]] = ActForm

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        """Whether this person's role lets them, whatever state the object is in."""
        return bool(pages.may_change(request, subject))

    def offered(self, subject: Any) -> bool:
        """Whether it makes sense now. The verb refuses what does not, so this only keeps buttons away."""
        return True

    def explain(self, subject: Any) -> str:
        """What will happen, for whoever is about to confirm it."""
        return ""

    def initial(self, request: HttpRequest, subject: Any) -> dict[str, Any]:
        return {}

    def form(self, request: HttpRequest, subject: Any, data: Any = None) -> ActForm:
        return self.form_class(data, initial=self.initial(request, subject))

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Any:
        """Call the verb. Raises what the verb raises."""
        raise NotImplementedError

    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: Any) -> HttpResponse:
        """After it is done: say so, and show the object."""
        messages.success(request, self.done.format(subject=result if isinstance(result, Model) else subject))
        return redirect(pages.address("change", self.shown_after(subject, result).pk))

    def shown_after(self, subject: Any, result: Any) -> Any:
        """Whose page comes next: of what the verb returned, or of what it was done to."""
        return result if isinstance(result, Model) else subject


def attempt(act: Act, request: HttpRequest, subject: Any, form: ActForm) -> tuple[bool, Any]:
    """Whether it was done, and what came of it. When the verb refuses, nothing of it stays and the form says why."""
    if not form.is_valid():
        return False, None
    try:
        with nullcontext() if act.asks_outside else transaction.atomic():
            return True, act.perform(request, subject, form.cleaned_data)
    except (QuartermasterError, ValidationError) as error:
        complain(form, error)
        return False, None
