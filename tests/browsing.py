"""The admin site as somebody sees it, without a browser: `browse(alice).page(address_of(scout))`."""

from collections.abc import Callable
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import Person

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def address_of(shown: Model, page: str = "change") -> str:
    return reverse(f"admin:{shown._meta.app_label}_{shown._meta.model_name}_{page}", args=[shown.pk])


def text_of(answer: "Answer") -> str:
    return unescape(answer.content.decode())


class Visitor:
    def __init__(self, person: Person | None) -> None:
        self.client = Client()
        if person is not None:
            self.client.force_login(person)

    def get(self, address: str, query: dict[str, Any] | None = None) -> "Answer":
        return self.client.get(address, query or {})

    def page(self, address: str, query: dict[str, Any] | None = None) -> str:
        """The text of a page that is there."""
        answer = self.get(address, query)
        assert answer.status_code == 200, (answer.status_code, address)
        return text_of(answer)

    def post(self, address: str, fields: dict[str, Any] | None = None) -> "Answer":
        return self.client.post(address, fields or {})

    def done(self, address: str, fields: dict[str, Any] | None = None) -> str:
        """What the next page says after an act that was done."""
        answer = self.post(address, fields)
        assert answer.status_code == 302, text_of(answer)
        return self.page(answer["Location"])

    def refused(self, address: str, fields: dict[str, Any] | None = None) -> str:
        """What the form says of an act that was not."""
        answer = self.post(address, fields)
        assert answer.status_code == 422, (answer.status_code, text_of(answer)[:2000])
        return text_of(answer)


Browse = Callable[[Person | None], Visitor]


@pytest.fixture
def browse(db: None) -> Browse:
    return Visitor
