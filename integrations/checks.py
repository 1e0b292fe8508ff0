"""Start-up checks: wrong settings speak before the first call, with an id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from integrations.egress.policy import BadEntry, read_entry


def check_egress_allow_networks(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for entry in settings.EGRESS_ALLOW_NETWORKS:
        try:
            read_entry(entry)
        except BadEntry as error:
            found.append(
                Error(
                    f"EGRESS_ALLOW_NETWORKS has an entry that cannot be read: {error}",
                    hint="Write entries as [tenant@]CIDR[:port], separated by commas: "
                    "10.0.0.0/8, demo@127.0.0.1:8099, [fd00::/8]:443.",
                    id="integrations.E001",
                )
            )
    return found
