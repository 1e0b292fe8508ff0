from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        # Not at the top: it stands on models, which are loaded only now.
        import_module("integrations.checks")
        import_module("integrations.sealed_places").register_all()
