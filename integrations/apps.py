from django.apps import AppConfig
from django.core.checks import register

from integrations import checks


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        register(checks.check_egress_allow_networks)
