from django.apps import AppConfig
from django.utils.module_loading import import_string

from registry import builtins


class MemoryConfig(AppConfig):
    name = "memory"

    def ready(self) -> None:
        # By their names: they need the models, which are not there yet when this file is read.
        import_string("memory.checks.register")()
        import_string("memory.indexes.checks.register")()
        import_string("memory.embedding.switch.switch_only_when")(import_string("memory.indexes.ready.are_ready"))
        for name, function in import_string("memory.tools.functions.FUNCTIONS").items():
            builtins.register(name, function)
        import_string("memory.sealed_places.register_all")()
