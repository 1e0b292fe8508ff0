from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from accounts import checks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Django would note the time in whatever scope the request has, which before signing in is none.
        # `accounts/backends.py` does it. This takes the receiver's place, whichever app is made ready first.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(_leave_it, dispatch_uid="update_last_login")
        checks.register()


def _leave_it(**_: Any) -> None:
    """Noted already."""
