from django.apps import AppConfig

from registry import builtins
from registry.clock import clock


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        builtins.register("clock", clock)
