from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string

from config import celery, checks


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        celery.app.set_default()  # shared tasks belong to this application, whoever loads Django
        checks.register()
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            # By its name: it costs memory that nobody should pay who does not use it.
            import_string("config.otel.start")()
