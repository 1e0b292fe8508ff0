from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.webhooks.sending import BY, SECRET, make_source
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.sources.address import path_of, public_url, token_of
from webhooks.sources.create import create_source
from webhooks.sources.token import digest_of, rotate_token

pytestmark = pytest.mark.django_db


def faults(tenant: Tenant, **facts: Any) -> set[str]:
    with pytest.raises(Invalid) as caught:
        make_source(tenant, **facts)
    with within(tenant.id):
        assert WebhookSource.objects.count() == 0
    return {fault.path for fault in caught.value.faults}


def test_it_makes_a_source_with_an_address_of_its_own(acme: Tenant) -> None:
    source = make_source(acme, name="Our repository")
    with within(acme.id):
        token = token_of(source)
        entry = AuditEntry.objects.get(action="webhook_source.created")
    assert (source.state, source.name, len(token)) == ("active", "Our repository", 43)
    assert bytes(source.token_digest) == digest_of(token)
    assert entry.detail == {"slug": "repo", "scheme": "github", "unsigned": False}
    assert (make_source(acme, "other").name, token in str(entry.detail)) == ("other", False)


def test_it_seals_the_secret(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        secret = WebhookSecret.objects.get(source=source)
    assert SECRET.encode() not in bytes(secret.sealed)


def test_it_may_be_made_before_the_platform_tells_the_secret(acme: Tenant) -> None:
    source = make_source(acme, secret="")
    with within(acme.id):
        assert not WebhookSecret.objects.filter(source=source).exists()
    assert source.unsigned is False


def test_it_takes_no_scheme_without_signatures_unless_somebody_says_so(acme: Tenant) -> None:
    assert faults(acme, scheme="unsigned", secret="") == {"$.unsigned"}
    assert make_source(acme, scheme="unsigned", unsigned=True).unsigned is True


def test_it_refuses_a_secret_where_there_can_be_none(acme: Tenant) -> None:
    assert faults(acme, unsigned=True, secret=SECRET) == {"$.secret"}
    assert faults(acme, secret="x" * 10_001) == {"$.secret"}


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"scheme": "carrier-pigeon"}, "$.scheme"),
        ({"scheme": "meta"}, "$.settings.verify_token"),
        ({"settings": {"colour": "red"}}, "$.settings.colour"),
        ({"scheme": "generic-hmac", "settings": {"hash": "crc"}}, "$.settings.hash"),
        ({"scheme": "generic-hmac", "settings": {"id_path": "["}}, "$.settings"),
        ({"allowed_networks": ["somewhere"]}, "$.allowed_networks[0]"),
        ({"event_id_at": "["}, "$.event_id_at"),
        ({"event_type_at": "header:\x07"}, "$.event_type_at"),
        ({"max_body_bytes": 5_000_001}, "$.max_body_bytes"),
        ({"retention_days": 0}, "$.retention_days"),
        ({"public_url": "ftp://hooks.example"}, "$.public_url"),
        ({"public_url": "https://[half"}, "$.public_url"),
        ({"colour": "red"}, "$.colour"),
    ],
)
def test_it_says_what_would_be_right(facts: dict[str, Any], path: str, acme: Tenant) -> None:
    assert faults(acme, **facts) == {path}


def test_it_refuses_fields_that_the_model_refuses(acme: Tenant) -> None:
    with pytest.raises(ValidationError):
        make_source(acme, "Not a slug")
    with pytest.raises(ValidationError):
        make_source(acme, rate_limit={"per_week": 1})


def test_it_refuses_a_slug_that_is_taken_but_not_another_tenants(acme: Tenant, globex: Tenant) -> None:
    make_source(acme)
    make_source(globex)
    with pytest.raises(Conflict):
        make_source(acme)


def test_it_is_not_for_everybody(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id), pytest.raises(Forbidden):
        create_source(tenant_id=acme.id, by=scout_caller, slug="repo", scheme="github")


def test_it_knows_the_address_as_the_platform_does(acme: Tenant, settings: Any) -> None:
    source = make_source(acme)
    with within(acme.id):
        path = path_of(token_of(source))
        assert public_url(source) == ""
        settings.PUBLIC_URL = "https://tools.acme.example"
        assert public_url(source) == f"https://tools.acme.example{path}"
        source.public_url = "https://hooks.acme.example/in"
        assert public_url(source) == "https://hooks.acme.example/in"


def test_it_gives_a_source_another_address(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        before = token_of(source)
        after = token_of(rotate_token(source=source, by=BY))
        assert AuditEntry.objects.filter(action="webhook_source.readdressed").count() == 1
    assert before != after
