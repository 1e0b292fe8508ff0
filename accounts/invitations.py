"""Links with which a person sets a password: made by an admin, good once and for three days.

The link holds Django's password-reset token: a MAC over the person's id, their password's hash and their last sign-in.
Setting a password or signing in makes it void, and nothing is stored.
"""

from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from accounts.caller import Actor
from accounts.errors import Forbidden, NotFound
from accounts.models import Person
from accounts.roles import Role


def invitation_path(*, person: Person, by: Actor) -> str:
    """Where the person sets a password. Raises Forbidden for somebody whose role is above one's own."""
    by.require_reach(Role(person.role))
    if person.is_platform_owner and not by.is_platform_owner:
        raise Forbidden("This person runs the installation. Only the platform's owner may give them a way in.")
    return reverse("admin:invitation", args=[person.id, default_token_generator.make_token(person)])


def invited_person(person_id: UUID, token: str) -> Person:
    """Whom this link is for, in the platform's scope. Raises NotFound when it is used, expired or made up."""
    person = Person.objects.filter(id=person_id, is_active=True).select_related("tenant").first()
    if person is None or not default_token_generator.check_token(person, token):
        raise NotFound("This link is used up or has expired. Ask an admin of your tenant for a new one.")
    return person
