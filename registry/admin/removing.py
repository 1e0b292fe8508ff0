"""Removing an imported connector, on the page of an import of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_act
from integrations.models import ConnectorImport, ImportedConnector
from registry.remove_connector import remove_connector


class RemoveConnector(Act):
    name, label, icon = "remove", "Remove connector", "delete"
    danger = True

    def offered(self, subject: ConnectorImport) -> bool:
        return ImportedConnector.objects.filter(slug=subject.connector).exists()

    def explain(self, subject: ConnectorImport) -> str:
        return (
            f"`{subject.connector}` is no connector any more. First its tools have to be retired and its connections "
            "disconnected. What is told of its imports stays."
        )

    def perform(self, request: HttpRequest, subject: ConnectorImport, values: dict[str, Any]) -> None:
        remove_connector(by=caller_behind(request), slug=subject.connector)

    def answer(self, request: HttpRequest, pages: Any, subject: ConnectorImport, result: None) -> HttpResponse:
        messages.success(request, f"The connector {subject.connector} is removed.")
        return redirect(pages.address("changelist"))


offer_act(ConnectorImport, RemoveConnector())
