from typing import Any
from uuid import UUID

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import Api
from tests.webhooks.sending import SECRET, make_source
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.sources.secrets import keep_delivered

pytestmark = pytest.mark.django_db

NEW: dict[str, Any] = {"slug": "repo", "scheme": "github", "secret": SECRET}


def made(api: Api, **more: Any) -> dict[str, Any]:
    answer = api.post("webhook-sources/", NEW | more)
    assert answer.status_code == 201, answer.content
    source: dict[str, Any] = answer.json()
    return source


def test_it_tells_the_address_and_what_to_do_with_it(steward_api: Api) -> None:
    source = made(steward_api)
    assert steward_api.get("webhook-sources/repo/").json() == source
    assert source["url"].startswith("http://testserver/hooks/")
    assert source["url"] in source["setup"][1]
    assert (source["state"], source["ready"], source["unsigned"]) == ("active", True, False)
    assert [secret["valid_until"] for secret in source["secrets"]] == [None]
    assert SECRET not in str(source)


def test_it_tells_the_address_only_to_who_may_change_it(steward_api: Api, api: Api) -> None:
    url = made(steward_api)["url"]
    answer = api.get("webhook-sources/repo/")
    assert (answer.json()["url"], url in answer.content.decode()) == (None, False)
    assert "the source's address" in answer.json()["setup"][1]
    steward_api.patch("webhook-sources/repo/", {"public_url": "https://hooks.example/in"})
    assert "hooks.example" in steward_api.get("webhook-sources/repo/").content.decode()
    assert "hooks.example" not in api.get("webhook-sources/repo/").content.decode()


def test_it_says_that_it_is_not_ready_without_a_secret(steward_api: Api) -> None:
    assert made(steward_api, secret="")["ready"] is False
    assert made(steward_api, slug="open", scheme="unsigned", secret="", unsigned=True)["ready"] is True
    assert (
        made(steward_api, slug="paid", scheme="paypal", secret="", settings={"webhook_id": "8PT597110X687430LKGECATA"})[
            "ready"
        ]
        is True
    )


def test_it_lists_and_filters(steward_api: Api, api: Api) -> None:
    made(steward_api)
    made(steward_api, slug="other", scheme="slack")
    steward_api.post("webhook-sources/other/pause/")

    def slugs(**query: str) -> list[str]:
        return [each["slug"] for each in api.get("webhook-sources/", query).json()["results"]]

    assert (slugs(), slugs(scheme="github"), slugs(state="paused")) == (["other", "repo"], ["repo"], ["other"])


def test_it_changes_and_removes(steward_api: Api) -> None:
    made(steward_api)
    changes = {"name": "Other", "rate_limit": {"per_minute": 60}, "allowed_networks": ["192.0.2.0/24"]}
    changed = steward_api.patch("webhook-sources/repo/", changes).json()
    assert {name: changed[name] for name in changes} == changes
    assert steward_api.delete("webhook-sources/repo/").status_code == 204
    assert refusal(steward_api.get("webhook-sources/repo/"))[:2] == (404, "not_found")


def test_it_names_secret_settings_and_shows_none(steward_api: Api) -> None:
    source = made(steward_api, scheme="meta", settings={"verify_token": "mellon-mellon-mellon"})
    assert (source["settings"], source["secret_settings"]) == ({}, ["verify_token"])
    assert "mellon" not in str(source)


@pytest.mark.parametrize(("verb", "state"), [("pause", "paused"), ("resume", "active"), ("disable", "disabled")])
def test_it_sets_the_state(verb: str, state: str, steward_api: Api) -> None:
    made(steward_api)
    assert steward_api.post(f"webhook-sources/repo/{verb}/", {}).json()["state"] == state


def test_it_gives_a_new_address(steward_api: Api) -> None:
    before = made(steward_api)["url"]
    assert steward_api.post("webhook-sources/repo/rotate-token/").json()["url"] != before


def test_it_rotates_secrets_with_an_overlap(steward_api: Api) -> None:
    (old,) = made(steward_api)["secrets"]
    new = steward_api.post("webhook-sources/repo/secrets/", {"secret": "new secret"})
    assert (new.status_code, sorted(new.json())) == (201, ["created_at", "id", "valid_until"])
    retired = steward_api.post(f"webhook-sources/repo/secrets/{old['id']}/retire/", {"after_hours": 24}).json()
    assert [secret["valid_until"] is None for secret in retired["secrets"]] == [True, False]
    left = steward_api.post(f"webhook-sources/repo/secrets/{old['id']}/retire/", {}).json()
    assert [secret["id"] for secret in left["secrets"]] == [new.json()["id"]]


def test_it_shows_only_a_secret_that_was_delivered(steward_api: Api, acme: Tenant) -> None:
    (entered,) = made(steward_api)["secrets"]
    assert refusal(steward_api.post(f"webhook-sources/repo/secrets/{entered['id']}/reveal/"))[0] == 409
    source = made(steward_api, slug="notes", scheme="notion", secret="")
    assert keep_delivered(tenant_id=acme.id, source_id=UUID(source["id"]), secret="secret_1")
    (delivered,) = steward_api.get("webhook-sources/notes/").json()["secrets"]
    shown = steward_api.post(f"webhook-sources/notes/secrets/{delivered['id']}/reveal/")
    assert shown.json() == {"secret": "secret_1"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scheme": "carrier-pigeon"}, "$.scheme"),
        ({"slug": "Not a slug"}, "$.slug"),
        ({"settings": {"colour": "red"}}, "$.settings.colour"),
        ({"settings": {"colour": 7}}, "$.settings.colour"),
        ({"retention_days": 0}, "$.retention_days"),
        ({"state": "disabled"}, "$.state"),
    ],
)
def test_it_says_what_would_be_right(body: dict[str, Any], field: str, steward_api: Api, acme: Tenant) -> None:
    assert refused_fields(steward_api.post("webhook-sources/", NEW | body)) == [field]
    with within(acme.id):
        assert WebhookSource.objects.count() == 0


def test_it_is_another_tenants_business(acme: Tenant, spy_api: Api) -> None:
    make_source(acme)
    assert spy_api.get("webhook-sources/").json()["results"] == []
    assert refusal(spy_api.get("webhook-sources/repo/"))[0] == 404
    assert refusal(spy_api.delete("webhook-sources/repo/"))[0] == 404


def test_it_lets_an_operator_look_and_no_more(acme: Tenant, api: Api) -> None:
    make_source(acme)
    assert refusal(api.post("webhook-sources/", NEW))[:2] == (403, "forbidden")
    assert refusal(api.post("webhook-sources/repo/secrets/", {"secret": "mine"}))[0] == 403
    with within(acme.id):
        assert WebhookSecret.objects.count() == 1


def test_it_lists_schemes_with_what_is_asked_for(api: Api) -> None:
    listed = {each["slug"]: each for each in api.get("webhook-schemes/", {"limit": "200"}).json()["results"]}
    github, meta = listed["github"], listed["meta"]
    assert (github["name"], github["secret"]["title"], github["covers_body"]) == ("GitHub", "Secret", True)
    assert github["samples"] != []
    assert [(each["name"], each["required"], each["secret"]) for each in meta["settings"]] == [
        ("verify_token", True, True)
    ]
    assert (listed["unsigned"]["secret"], listed["unsigned"]["unsigned"]) == (None, True)


@pytest.mark.django_db(transaction=True)
def test_it_sends_a_test_event(acme: Tenant, api: Api) -> None:
    make_source(acme)
    told = api.post("webhook-sources/repo/test/", {}).json()
    assert (told["status"], told["reason"]) == ("accepted", "")
    assert refusal(api.post("webhook-sources/repo/test/", {"sample": "no such sample"}))[0] == 404
    assert refusal(api.post("webhook-sources/other/test/", {}))[0] == 404


NOT_BASE64 = "Signing secret: this is not base64. Copy all of it again from the provider."


def test_it_takes_no_secret_that_its_scheme_cannot_use(steward_api: Api) -> None:
    """At once, and not when the first event is refused."""
    odd = {"slug": "svix", "scheme": "standard-webhooks", "secret": "whsec_C2FVsBQ!"}
    answer = steward_api.post("webhook-sources/", odd)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "$.secret", "message": NOT_BASE64}]
    assert steward_api.get("webhook-sources/").json()["results"] == []
    made(steward_api, slug="svix", scheme="standard-webhooks", secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    answer = steward_api.post("webhook-sources/svix/secrets/", {"secret": "whsec_C2FVsBQ!"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "$.secret", "message": NOT_BASE64}]
    assert len(steward_api.get("webhook-sources/svix/").json()["secrets"]) == 1
