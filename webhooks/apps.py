from django.apps import AppConfig
from django.utils.module_loading import import_string


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        # By its name: it needs the models, which are not there yet when this file is read.
        import_string("webhooks.sealed_places.register_all")()
