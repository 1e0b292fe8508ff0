from django.apps import AppConfig
from django.utils.module_loading import import_string


class MemoryConfig(AppConfig):
    name = "memory"

    def ready(self) -> None:
        # By their names: they need the models, which are not there yet when this file is read.
        import_string("memory.checks.register")()
        import_string("memory.indexes.checks.register")()
