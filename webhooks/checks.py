"""What would leave an operator's connector without webhooks, found at start with an id and a hint."""

from collections.abc import Iterator
from typing import Any

from django.core import checks

from integrations.errors import BadConnector
from integrations.format.folder import read_folder
from integrations.format.shelf import operators_folders
from integrations.format.types import Connector
from webhooks.signatures.shelf import scheme_names


def register() -> None:
    checks.register(check_schemes_of_connectors)


def check_schemes_of_connectors(**_: Any) -> list[checks.CheckMessage]:
    """Of the operator's own folders only: those that come with the product were tested before."""
    known = scheme_names()
    return [
        checks.Warning(
            f"The connector {each.slug} names the webhook scheme `{each.webhook}`, and there is none of that name.",
            hint=f"Correct `webhook` in its connector.yaml, or leave it out. There are: {', '.join(known)}.",
            id="webhooks.W001",
        )
        for each in _connectors()
        if each.webhook and each.webhook not in known
    ]


def _connectors() -> Iterator[Connector]:
    for folder in operators_folders():
        try:
            yield read_folder(folder)
        except BadConnector:
            continue  # integrations.W001 says so
