"""`manage.py vault`, as an operator types it."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.models import RekeyingState
from integrations.vault import rekey, seal
from integrations.vault.accepted import accepted
from integrations.vault.keyring import file_keyring
from registry.models import Execution
from tests.integrations.vault.conftest import (  # noqa: F401
    MakeKeyFile,
    make_key_file,
    nothing_in_memory,
)
from tests.integrations.vault.rekeyed import alive, execution, opened, rekeying, stored

pytestmark = pytest.mark.django_db(transaction=True)


def vault(*words: str) -> str:
    out = io.StringIO()
    call_command("vault", *words, stdout=out)
    return out.getvalue()


def seal_for(tenant: Tenant) -> bytes:
    with within(tenant.id):
        return seal(tenant_id=tenant.id, purpose="p", field="f", plaintext=b"s")


def test_it_makes_a_key_file(tmp_path: Path) -> None:
    said = vault("new-key", str(tmp_path / "next.key"))
    made = file_keyring(tmp_path / "next.key")
    assert said == f"{tmp_path}/next.key holds the new key {made.key_id}. Keep a copy of it, apart from backups.\n"


def test_it_makes_one_before_there_is_any(settings: Settings, tmp_path: Path) -> None:
    settings.VAULT_KEY_FILE = tmp_path / "first.key"
    vault("new-key", str(tmp_path / "first.key"))
    assert accepted().current.provider == "local file"


def test_it_overwrites_no_key(make_key_file: MakeKeyFile) -> None:  # noqa: F811
    with pytest.raises(CommandError, match="A key is never overwritten"):
        vault("new-key", str(make_key_file()))


def test_it_tells_how_the_vaults_key_is_changed(
    acme: Tenant,
    settings: Settings,
    make_key_file: MakeKeyFile,  # noqa: F811
) -> None:
    seal_for(acme)
    before = file_keyring(settings.VAULT_KEY_FILE).key_id
    settings.VAULT_PREVIOUS_KEY_FILE = str(settings.VAULT_KEY_FILE)
    settings.VAULT_KEY_FILE = make_key_file(name="next.key")
    now = file_keyring(settings.VAULT_KEY_FILE).key_id
    assert vault("rotate-kek").splitlines() == [
        "0 data keys wrapped anew, 1 to do.",
        "1 data keys wrapped anew, 0 to do.",
        f"Every data key is wrapped by {now} (local file). None needs {before} (local file) any more: take it out of "
        "the settings of all processes, start them anew, and run this once more before you destroy it.",
    ]
    settings.VAULT_PREVIOUS_KEY_FILE = ""
    assert vault("rotate-kek").splitlines()[-1] == f"Every data key is wrapped by {now} (local file)."


def test_it_fails_while_a_data_key_needs_another_one(
    acme: Tenant,
    settings: Settings,
    make_key_file: MakeKeyFile,  # noqa: F811
) -> None:
    seal_for(acme)
    settings.VAULT_KEY_FILE = make_key_file(name="next.key")
    with pytest.raises(CommandError, match=f"opened by none of the keys .* tenant {acme.id}"):
        vault("rotate-kek")


def test_it_begins_nothing_with_a_key_that_cannot_be_used(settings: Settings, tmp_path: Path) -> None:
    settings.VAULT_PREVIOUS_KEY_FILE = str(tmp_path / "lost.key")
    with pytest.raises(SystemCheckError, match=r"lost\.key does not exist"):
        vault("rotate-kek")


def test_it_rotates_a_tenants_data_key(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekey, "STORED_WITHIN", timedelta(seconds=-60))
    monkeypatch.setattr(rekey, "OPENED_WITHIN", timedelta(0))
    execution(acme)
    said = vault("rotate-dek", "acme", "--wait").splitlines()
    assert said[0] == "acme: version 1 to 2. The old key goes when nothing needs it any more."
    assert said[-1] == "acme: 1 of 1 values sealed anew. The old key is destroyed."
    assert alive(acme) == [2]


def test_it_only_begins_when_it_need_not_wait(acme: Tenant) -> None:
    execution(acme)
    assert len(vault("rotate-dek", "acme").splitlines()) == 1
    assert (rekeying(acme).state, rekeying(acme).done, alive(acme)) == (RekeyingState.RUNNING, 0, [1, 2])
    with pytest.raises(CommandError, match="being rotated already"):
        vault("rotate-dek", "acme")


def test_it_rotates_all_that_have_a_data_key(acme: Tenant, globex: Tenant, platform_owner: Person) -> None:
    for tenant in (acme, globex):
        execution(tenant)
    vault("rotate-dek", "acme")
    assert vault("rotate-dek", "--all").splitlines() == [
        "globex: version 1 to 2. The old key goes when nothing needs it any more."
    ]
    assert vault("rotate-dek", "--all") == ""


def test_it_says_what_to_do_when_it_is_stuck(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekey, "STORED_WITHIN", timedelta(seconds=-60))
    monkeypatch.setattr(rekey, "LOOK_AGAIN", timedelta(0))
    row = execution(acme)
    with within(acme.id):
        Execution.objects.update(sealed_input=stored(row)[:-1])
    with pytest.raises(CommandError, match=r"^Stuck: acme\. `vault check` says what does not open"):
        vault("rotate-dek", "acme", "--wait")
    assert alive(acme) == [1, 2]
    vault("rotate-dek", "acme", "--give-up", "--wait")
    assert alive(acme) == [2]


def test_it_knows_no_such_tenant() -> None:
    with pytest.raises(CommandError, match="There is no tenant `nobody`"):
        vault("rotate-dek", "nobody")


def test_it_checks_what_opens(acme: Tenant, globex: Tenant) -> None:
    execution(acme)
    execution(globex)
    assert vault("check") == "2 tenants, 2 data keys, 2 values opened. Everything that was tried opens.\n"
    assert vault("check", "--tenants", "1").startswith("1 tenants, 1 data keys")


def test_it_says_how_many_it_has_looked_at(acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.management.commands.vault.TOLD_EVERY", 1)
    for tenant in (acme, globex):
        execution(tenant)
    assert vault("check").splitlines()[:2] == ["1 of 2 tenants looked at.", "2 of 2 tenants looked at."]


def test_it_says_what_does_not_open_and_fails(acme: Tenant) -> None:
    row = execution(acme)
    with within(acme.id):
        Execution.objects.update(sealed_input=stored(row)[:-1])
    out = io.StringIO()
    with pytest.raises(CommandError, match="Something does not open, see above"):
        call_command("vault", "check", stdout=out)
    assert out.getvalue() == (
        f"Tenant {acme.id}: registry.execution.sealed_input of {row.id}, sealed with version 1, does not open.\n"
    )


def test_it_erases_a_tenant_when_that_is_meant(acme: Tenant) -> None:
    row = execution(acme)
    with pytest.raises(CommandError, match=r"destroys the data keys of acme \(Acme\) for ever.*Say --yes"):
        vault("erase-tenant", "acme")
    assert opened(row) == b"secret"
    assert vault("erase-tenant", "acme", "--yes").splitlines() == [
        "registry.execution.sealed_input: a value was tried, and does not open any more.",
        "acme: 1 data keys are destroyed. Processes that have one in memory forget it within 60 seconds. Backups of "
        "the database still hold them, wrapped.",
    ]
    with pytest.raises(CommandError, match="was erased already"):
        vault("erase-tenant", "acme", "--yes")
