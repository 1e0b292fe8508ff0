"""What a person reads when a page is not there, not theirs, or broken."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import Person
from tests.browsing import Browse, text_of

pytestmark = pytest.mark.django_db


def test_it_says_that_there_is_nothing(browse: Browse, alice: Person) -> None:
    answer = browse(alice).get("/admin/accounts/agent/0/change/")
    assert answer.status_code == 404
    assert "There is nothing here" in text_of(answer)
    assert 'href="/admin/"' in text_of(answer)


def test_it_says_that_a_role_does_not_allow_it(browse: Browse, vera: Person) -> None:
    answer = browse(vera).get("/admin/accounts/person/")
    assert answer.status_code == 403
    assert "This page is not for you" in text_of(answer)


def test_it_says_that_an_address_makes_no_sense(browse: Browse, alice: Person) -> None:
    answer = browse(alice).get("/admin/accounts/person/?password=x")
    assert answer.status_code == 400
    assert "This request makes no sense here" in text_of(answer)


def test_it_says_that_a_form_has_expired(alice: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/admin/accounts/agent/add/", {"slug": "courier"})
    assert answer.status_code == 403
    assert "This form has expired" in text_of(answer)


def test_it_says_that_something_broke_without_any_context() -> None:
    assert "Something broke on our side" in render_to_string("500.html")


def test_it_has_an_icon_where_browsers_look_for_one(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (301, "/static/img/favicon.svg")
