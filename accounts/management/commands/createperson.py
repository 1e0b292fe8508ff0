"""`manage.py createperson`: somebody who can sign in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.caller import System
from accounts.errors import QuartermasterError
from accounts.management.password import read_password
from accounts.models import Tenant
from accounts.people import create_person
from accounts.roles import Role
from accounts.tenancy import platform


class Command(BaseCommand):
    help = "Makes a person. The password is asked for, or read from standard input when that is no terminal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="What the person signs in with.")
        parser.add_argument("--tenant", required=True, help="The slug of the person's tenant.")
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER)
        parser.add_argument("--name", default="")
        parser.add_argument("--platform-owner", action="store_true", help="Runs the installation: sees every tenant.")
        parser.add_argument("--no-password", action="store_true", help="Nobody signs in until one is set.")

    def handle(self, *args: Any, email: str, tenant: str, no_password: bool, **options: Any) -> None:
        password = None if no_password else read_password()
        try:
            with platform():
                person = create_person(
                    tenant=_find(tenant),
                    email=email,
                    role=Role(options["role"]),
                    password=password,
                    name=options["name"],
                    is_platform_owner=options["platform_owner"],
                    by=System("createperson"),
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except QuartermasterError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{person.email} is {person.role} of {tenant}.")


def _find(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant `{slug}`.")
    return tenant
