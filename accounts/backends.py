"""Signing in with an address and a password. Before it the tenant is unknown, so people are looked up platform-wide."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import record
from accounts.authenticate import refuse_elsewhere
from accounts.models import Person
from accounts.networks import address_behind
from accounts.tenancy import platform


class PersonBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Person | None:
        """Who has this address and password; None also for somebody who was shut out.

        Raises Forbidden when they come from where their tenant does not let them in.
        """
        if username is None or password is None:
            return None
        person = _with(username, password)
        if person is None:
            return None
        refuse_elsewhere(person, address_behind(request.META if request else {}))
        with platform():
            _note(person)
        return person

    def get_user(self, user_id: UUID) -> Person | None:
        """Whose session this is; None ends it, as for somebody who was shut out meanwhile."""
        with platform():
            return Person.objects.select_related("tenant").filter(id=user_id, is_active=True).first()


def _with(email: str, password: str) -> Person | None:
    with platform():
        person = Person.objects.select_related("tenant").filter(email=email.lower()).first()
    if person is None:
        # As dear as a wrong password, so that the time does not tell which addresses there are.
        Person().set_password(password)
        return None
    with platform():
        return person if person.check_password(password) and person.is_active else None


def _note(person: Person) -> None:
    person.last_login = timezone.now()
    person.save(update_fields=["last_login"])
    subject = f"person:{person.id}"
    record(tenant_id=person.tenant_id, actor=subject, action="person.signed_in", subject=subject)
