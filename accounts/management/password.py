"""How commands are told a password: never as an argument, which every user of the machine could read."""

import getpass
import sys

from django.core.management.base import CommandError


def read_password() -> str:
    """Asked for twice; a line of standard input when that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass()
    if password != getpass.getpass("Password (again): "):
        raise CommandError("The two passwords differ.")
    return password
