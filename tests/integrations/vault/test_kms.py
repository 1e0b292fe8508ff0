import socket
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.errors import VaultLocked
from integrations.vault import open_sealed, seal
from integrations.vault.accepted import current_keyring, previous_keyring
from integrations.vault.kms import KmsKeyring
from integrations.vault.memory import in_memory
from integrations.vault.wrapping import Belongs, KeyringUnusable
from tests.web import ROOT

ACMES = Belongs(UUID(int=7), version=1)


@pytest.fixture
def key(kms: Any) -> dict[str, Any]:
    made: dict[str, Any] = kms.create_key()["KeyMetadata"]
    return made


def test_it_names_the_key_behind_an_alias(kms: Any, kms_server: str, key: dict[str, Any]) -> None:
    kms.create_alias(AliasName=f"alias/{key['KeyId']}", TargetKeyId=key["KeyId"])
    ring = KmsKeyring(f"alias/{key['KeyId']}", endpoint=kms_server)
    assert ring.key_id == key["Arn"]
    assert key["Arn"].encode() in ring.wrap(bytes(32), belongs=ACMES)
    assert repr(ring) == f"KmsKeyring(alias/{key['KeyId']})"


def test_it_binds_tenant_purpose_and_version(kms: Any, kms_server: str, key: dict[str, Any]) -> None:
    ring = KmsKeyring(key["Arn"], endpoint=kms_server)
    blob = ring.wrap(bytes(32), belongs=ACMES).removeprefix(ring.mark)
    context = {"tenant": str(ACMES.tenant_id), "purpose": "data key", "version": "1"}
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == bytes(32)
    for wrong in ({}, {**context, "purpose": "other"}):
        with pytest.raises(kms.exceptions.InvalidCiphertextException):
            kms.decrypt(CiphertextBlob=blob, EncryptionContext=wrong)


def test_it_says_when_the_key_is_disabled(kms: Any, kms_server: str, key: dict[str, Any]) -> None:
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(KeyringUnusable, match=r"is Disabled in AWS KMS\.$"):
        _ = KmsKeyring(key["KeyId"], endpoint=kms_server).key_id


def test_it_says_when_there_is_no_such_key(kms_server: str) -> None:
    with pytest.raises(KeyringUnusable, match="refuses the vault's key alias/none: NotFoundException"):
        KmsKeyring("alias/none", endpoint=kms_server).wrap(bytes(32), belongs=ACMES)


def test_it_says_when_nobody_listens(kms_server: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(KeyringUnusable, match="cannot be asked for the vault's key alias/any"):
            _ = KmsKeyring("alias/any", endpoint=url).key_id


def test_it_says_when_it_knows_no_region(kms_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name in ("alias/any", "arn:aws"):
        with pytest.raises(KeyringUnusable, match=f"{name}: You must specify a region"):
            KmsKeyring(name, endpoint=kms_server)
    KmsKeyring("arn:aws:kms:eu-west-1:1:key/any", endpoint=kms_server)


def test_it_is_what_the_settings_say(settings: Settings, kms_server: str, key: dict[str, Any]) -> None:
    assert previous_keyring() is None
    settings.VAULT_KMS_KEY_ID, settings.VAULT_KMS_ENDPOINT = key["Arn"], kms_server
    settings.VAULT_PREVIOUS_KMS_KEY_ID = "alias/before"
    assert (current_keyring().provider, current_keyring().key_id) == ("AWS KMS", key["Arn"])
    assert current_keyring() is current_keyring()
    assert repr(previous_keyring()) == "KmsKeyring(alias/before)"


def test_it_seals_for_a_tenant(
    acme: Tenant, settings: Settings, kms: Any, kms_server: str, key: dict[str, Any]
) -> None:
    settings.VAULT_KMS_KEY_ID, settings.VAULT_KMS_ENDPOINT = key["Arn"], kms_server
    with within(acme.id):
        sealed = seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"s")
        assert open_sealed(tenant_id=acme.id, purpose="p", field="f", sealed=sealed) == b"s"
    in_memory.clear()
    settings.VAULT_KMS_KEY_ID = kms.create_key()["KeyMetadata"]["Arn"]
    with within(acme.id), pytest.raises(VaultLocked):
        open_sealed(tenant_id=acme.id, purpose="p", field="f", sealed=sealed)


def test_nobody_else_pays_for_it() -> None:
    """Loading boto3 takes a while and some megabytes."""
    script = "import sys, django; django.setup(); import integrations.vault; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT).returncode == 0
