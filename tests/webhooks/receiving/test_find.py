import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.errors import VaultLocked
from tests.corridor import Loop
from tests.webhooks.sending import BY, SECRET, make_source, path_to, post
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.receiving import find as step
from webhooks.receiving.find import find, known_source
from webhooks.sources.remove import remove_source


def token_of(source: WebhookSource) -> str:
    return path_to(source).split("/")[2]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_what_it_knows_until_something_of_the_tenant_changes(acme: Tenant, corridor_loop: Loop) -> None:
    token = token_of(make_source(acme))
    known, again = (corridor_loop.run(find(token)) for _ in range(2))
    assert known is not None
    assert again is not None
    assert again[0] is known[0]
    with within(acme.id):
        bump_generation(acme.id)
    anew = corridor_loop.run(find(token))
    assert anew is not None
    assert anew[0] is not known[0]


@pytest.mark.django_db
def test_it_opens_secrets_and_shows_none(acme: Tenant) -> None:
    source = make_source(acme, scheme="meta", settings={"verify_token": "mellon-mellon-mellon"})
    known = known_source(acme.id, source.id)
    assert known is not None
    assert [secret.text for secret in known.secrets] == [SECRET]
    assert known.settings == {"verify_token": "mellon-mellon-mellon"}
    assert SECRET not in repr(known)
    assert "mellon" not in repr(known)


@pytest.mark.django_db
def test_it_opens_no_secret_whose_time_is_over(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        WebhookSecret.objects.update(valid_until=timezone.now())
    known = known_source(acme.id, source.id)
    assert known is not None
    assert known.secrets == ()


@pytest.mark.django_db
def test_it_finds_nothing_that_was_removed(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        remove_source(source=source, by=BY)
    assert known_source(acme.id, source.id) is None


@pytest.mark.django_db(transaction=True)
def test_it_lets_the_sender_try_again_while_the_vault_is_locked(
    acme: Tenant, corridor_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise VaultLocked

    path = path_to(make_source(acme))
    monkeypatch.setattr(step, "known_source", locked)
    assert corridor_loop.run(post(path, b"{}")).status == 503
    monkeypatch.setattr(step, "known_source", lambda *_: None)
    assert corridor_loop.run(post(path, b"{}")).status == 404
