from django.apps import AppConfig
from django.utils.module_loading import import_string

from registry import builtins, checks
from registry.clock import clock


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        builtins.register("clock", clock)
        checks.register()
        # By their names: they need the models, which are not there yet when this file is read.
        import_string("registry.live.feed.subscribe")()
        import_string("registry.sealed_places.register_all")()
