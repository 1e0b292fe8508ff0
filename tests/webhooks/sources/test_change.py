from typing import Any

import pytest

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.webhooks.sending import BY, make_source
from webhooks.models import WebhookEvent, WebhookSecret, WebhookSource
from webhooks.sources.change import change_source
from webhooks.sources.facts import settings_of
from webhooks.sources.find import find_source
from webhooks.sources.remove import remove_source

pytestmark = pytest.mark.django_db

MELLON = "mellon-mellon-mellon"


def changed(source: WebhookSource, **changes: Any) -> WebhookSource:
    with within(source.tenant_id):
        return change_source(source=source, by=BY, changes=changes)


def generation(tenant: Tenant) -> int:
    with within(tenant.id):
        return Tenant.objects.get(id=tenant.id).generation


def test_it_sets_what_differs_and_says_so(acme: Tenant) -> None:
    source = make_source(acme)
    before = generation(acme)
    source = changed(source, name="Other", retention_days=30, allowed_networks=["192.0.2.0/24"])
    assert (source.name, source.allowed_networks, generation(acme)) == ("Other", ["192.0.2.0/24"], before + 1)
    with within(acme.id):
        assert AuditEntry.objects.get(action="webhook_source.changed").detail == {
            "fields": ["allowed_networks", "name"]
        }
    changed(source, name="Other")
    assert generation(acme) == before + 1


def test_it_sets_those_settings_that_are_named(acme: Tenant) -> None:
    source = make_source(acme, scheme="generic-hmac", settings={"header": "X-Sig", "id_path": "id"})
    source = changed(source, settings={"id_path": "", "hash": "sha1"})
    assert source.settings == {"header": "X-Sig", "hash": "sha1"}


def test_it_seals_settings_that_nobody_may_read_again(acme: Tenant) -> None:
    source = make_source(acme, scheme="meta", settings={"verify_token": MELLON})
    assert source.settings == {}
    assert MELLON.encode() not in bytes(source.sealed_settings or b"")
    source = changed(source, name="Other")
    with within(acme.id):
        assert settings_of(source) == {"verify_token": MELLON}


def test_it_refuses_what_the_whole_cannot_be(acme: Tenant) -> None:
    source = make_source(acme)
    with pytest.raises(Invalid):
        changed(source, scheme="meta")
    with pytest.raises(Invalid):
        changed(source, slug="other")
    with within(acme.id):
        assert WebhookSource.objects.get(id=source.id).scheme == "github"


def test_it_is_not_declared_unsigned_while_it_has_secrets(acme: Tenant) -> None:
    source = make_source(acme)
    with pytest.raises(Conflict):
        changed(source, unsigned=True)
    assert changed(make_source(acme, "other", secret=""), unsigned=True).unsigned is True


def test_it_is_not_for_everybody(acme: Tenant, scout_caller: Caller) -> None:
    source = make_source(acme)
    with within(acme.id), pytest.raises(Forbidden):
        change_source(source=source, by=scout_caller, changes={"name": "Mine"})


def test_it_frees_the_slug_of_one_that_is_removed_and_destroys_its_secrets(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        WebhookEvent.objects.create(
            tenant=acme, source=source, received_at=source.created_at, status="accepted", method="POST", routing="held"
        )
        remove_source(source=source, by=BY)
        assert not WebhookSecret.objects.exists()
        assert WebhookEvent.objects.get().routing == "unrouted"
        assert AuditEntry.objects.filter(action="webhook_source.removed").count() == 1
        with pytest.raises(NotFound):
            find_source("repo")
        with pytest.raises(NotFound):
            remove_source(source=source, by=BY)
    make_source(acme)
