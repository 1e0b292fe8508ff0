from django.apps import AppConfig

from config import celery, checks


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        celery.app.set_default()  # shared tasks belong to this application, whoever loads Django
        checks.register()
