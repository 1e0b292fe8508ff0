"""`manage.py changepassword`: takes the place of Django's, which knows neither tenants nor the audit trail."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.caller import System
from accounts.management.password import read_password
from accounts.models import Person
from accounts.people import change_person
from accounts.tenancy import platform


class Command(BaseCommand):
    help = "Sets somebody's password. It is asked for, or read from standard input when that is no terminal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="What the person signs in with.")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        password = read_password()
        with platform():
            person = Person.objects.filter(email=email.lower()).first()
            if person is None:
                raise CommandError(f"There is no person with the address {email}.")
            try:
                change_person(person=person, by=System("changepassword"), changes={"password": password})
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{person.email} has a new password; open sessions have ended.")
