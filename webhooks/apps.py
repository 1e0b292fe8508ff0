from django.apps import AppConfig
from django.utils.module_loading import import_string


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        # By their names: they need the models, which are not there yet when this file is read.
        import_string("webhooks.sealed_places.register_all")()
        import_string("webhooks.checks.register")()
