from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Django would note the time in whatever scope the request has, which before signing in is none.
        # `accounts/backends.py` does it.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
