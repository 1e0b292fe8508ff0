"""What people enter and come back with, through the API's doors and the site's pages, as a browser sends it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.browsing import Visitor, text_of
from tests.planted.connecting import refusing
from tests.planted.day import Day
from tests.planted.plants import GIVEN_TOKENS, ISSUED, NO_FORMAT, ONE_EACH

_SITE = "/admin/connectors/echo"


def over_the_api(day: Day) -> None:
    for plant in ONE_EACH:
        mine = plant.of("api")
        order = {"connector": "echo", "auth": mine.way, "values": mine.values, "end_user": mine.end_user}
        with refusing(day):
            assert day.post("connections/", order)["code"] == "credential_refused"
        slug = day.post("connections/", order)["slug"]
        assert day.post(f"connections/{slug}/rotate/", {"values": mine.values})["slug"] == slug
        with refusing(day):
            told = day.post(f"connections/{slug}/check/", {})
            assert told.get("state", told.get("code")) == ("upstream_error" if mine.way in GIVEN_TOKENS else "expired")
            assert day.post(f"connections/{slug}/rotate/", {"values": mine.values})["code"] == "credential_refused"
            day.shown.add("answer", day.corridor.send("DELETE", f"connections/{slug}/", {}).content)


def on_pages(day: Day) -> None:
    """A form that is shown again leaves out what is secret."""
    alice = Visitor(day.alice)
    for plant in ONE_EACH:
        form = {f"values.{name}": value for name, value in plant.values.items()} | {"check": "on"}
        address = f"{_SITE}/connect/{plant.way}/"
        with refusing(day):
            day.shown.add("page", alice.refused(address, form).encode())
        day.shown.add("page", alice.done(address, form).encode())


def by_links(day: Day) -> None:
    """Their holder may see them; logs and tables may not."""
    alice, ada = Visitor(day.alice), Visitor(None)
    for plant in ONE_EACH:
        asked = {"end_user": f"page {plant.end_user}", "seconds": "3600", "auth": plant.way}
        made = alice.post(f"{_SITE}/link/", asked)
        address = text_of(made).split("http://testserver")[1].split("<")[0]
        day.secrets[f"link on a page for {plant.way}"] = token = address.split("/")[2]
        ada.get(address)
        form = {f"values.{name}": value for name, value in plant.values.items()}
        with refusing(day):
            answer = ada.post(address, form)
        assert answer.status_code == 422, text_of(answer)
        day.shown.add("page", answer.content.replace(token.encode(), b""))


def signing_in(day: Day) -> None:
    for secret in NO_FORMAT.values():
        alice = Visitor(day.alice)
        alice.done(f"{_SITE}/app/?way=oauth", {"client_id": "acme-app", "client_secret": secret})
        _come_back(day, alice, {"error": "server_error", "error_description": f"No to {secret}"})
        with refusing(day, "400"):
            _come_back(day, alice, {"code": ISSUED["code"]})


def _come_back(day: Day, alice: Visitor, query: dict[str, str]) -> None:
    away = alice.post(f"{_SITE}/connect/oauth/")["Location"]
    [state] = parse_qs(urlsplit(away).query)["state"]
    day.secrets[f"state on a page {state[:6]}"] = state
    answer = alice.get("/oauth/callback/", {"state": state, **query})
    assert answer.status_code == 422, text_of(answer)
    day.shown.add("page", answer.content)


HAPPENS: dict[str, Any] = {
    "connections over the API": over_the_api,
    "connections on pages": on_pages,
    "links on pages": by_links,
    "signing in on pages": signing_in,
}
