import base64
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connection
from pytest_django import Settings

from accounts.models import Tenant
from accounts.tenancy import platform, within
from integrations import checks
from integrations.checks import check_vault_opens
from integrations.embedding.minilm.files import ModelUnusable
from integrations.models import DataKey
from integrations.vault import seal
from registry.models import Execution
from tests.integrations.format.folders import WriteFolder, write_folder  # noqa: F401
from tests.integrations.vault.conftest import MakeKeyFile, kms_server, make_key_file  # noqa: F401
from tests.integrations.vault.rekeyed import execution, stored


def found(check_id: str, databases: list[str] | None = None) -> list[CheckMessage]:
    return [message for message in run_checks(databases=databases) if message.id == check_id]


def test_it_names_each_bad_entry_of_the_allow_list(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["10.0.0.0/8", "nonsense", "10.0.0.1/8"]
    messages = found("integrations.E001")
    assert [message.msg.split("`")[1] for message in messages] == ["nonsense", "10.0.0.1/8"]
    assert messages[0].hint is not None
    assert "[[tenant]@]CIDR[:port]" in messages[0].hint


def test_it_says_what_is_wrong_with_the_proxy(settings: Settings) -> None:
    settings.EGRESS_PROXY_URL = "socks5://bob:s3cret@proxy.example:1080"
    (message,) = found("integrations.E009")
    assert message.msg == "EGRESS_PROXY_URL: It is not `http://host:port` or `http://user:password@host:port`."
    assert "s3cret" not in f"{message.msg} {message.hint}"


def test_it_says_what_is_wrong_with_the_key_file(settings: Settings, tmp_path: Path) -> None:
    settings.VAULT_KEY_FILE = tmp_path / "lost.key"
    (message,) = found("integrations.E002")
    assert message.msg == f"The vault's key file {tmp_path}/lost.key does not exist."
    assert message.hint is not None
    assert "VAULT_KEY_FILE" in message.hint


def test_it_says_that_there_is_no_such_embedder(settings: Settings) -> None:
    settings.EMBEDDER = "word2vec"
    (message,) = found("integrations.E006")
    assert message.msg == "EMBEDDER is word2vec, which is no embedder."
    assert message.hint == "Write one of auto, minilm-l6-v2, lexical-hash-v1, openai."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"EMBEDDER_MODEL": ""}, "EMBEDDER_MODEL is empty: name the model as the service does."),
        ({"EMBEDDER_URL": "ftp://x/v1"}, "The URL is not `http://host/path`"),
        ({"EMBEDDER_API_KEY_FILE": "/nowhere/key"}, "EMBEDDER_API_KEY_FILE /nowhere/key cannot be read"),
        ({"EMBEDDER_CONNECTION": "acme"}, "EMBEDDER_CONNECTION is a tenant's slug, a slash and a connection's id."),
    ],
)
def test_it_says_what_an_embedding_service_lacks(changes: dict[str, str], said: str, settings: Settings) -> None:
    settings.EMBEDDER, settings.EMBEDDER_MODEL, settings.EMBEDDER_DIMENSIONS = "openai", "words", 384
    assert found("integrations.E007") == []
    for name, value in changes.items():
        setattr(settings, name, value)
    (message,) = found("integrations.E007")
    assert message.msg.startswith(f"The embedding service cannot be used. {said}")


@pytest.mark.parametrize(
    ("chosen", "then"),
    [("auto", "lexical-hash-v1 takes its place."), ("minilm-l6-v2", "Whatever asks for vectors fails.")],
)
def test_it_warns_where_the_model_is_missing(
    chosen: str, then: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_files() -> None:
        raise ModelUnusable("The model is not installed.")

    monkeypatch.setattr(checks, "find_files", find_files)
    assert found("integrations.W006") == []
    settings.EMBEDDER = chosen
    (message,) = found("integrations.W006")
    assert message.msg == f"The embedding model cannot be used. The model is not installed. {then}"


@pytest.mark.parametrize(
    ("setting", "value"), [("HOST_URL", "host:8001"), ("HOST_URL", "unix://host.sock"), ("HOST_THREADS", 0)]
)
def test_it_says_what_is_wrong_with_the_host(setting: str, value: object, settings: Settings) -> None:
    assert found("integrations.E008") == []
    setattr(settings, setting, value)
    (message,) = found("integrations.E008")
    assert message.msg == f"{setting} is {value}."


def test_it_names_each_broken_connector_of_the_operators(write_folder: WriteFolder, settings: Settings) -> None:  # noqa: F811
    folder = write_folder("letters", category="toys")
    settings.CONNECTORS_DIR = str(write_folder("parcels").parent)
    (message,) = found("integrations.W001")
    assert message.msg.startswith(f"The connector {folder} is left out: $.connector.category: There is no such")
    assert message.hint is not None
    assert f"manage.py connectors check {folder}" in message.hint


def test_it_says_that_there_is_no_directory_of_connectors(settings: Settings, tmp_path: Path) -> None:
    settings.CONNECTORS_DIR = str(tmp_path / "nowhere")
    (message,) = found("integrations.W002")
    assert message.msg == f"CONNECTORS_DIR: {tmp_path}/nowhere is no directory."


def test_it_says_what_is_wrong_with_the_key_before(settings: Settings, tmp_path: Path) -> None:
    settings.VAULT_PREVIOUS_KEY_FILE = str(tmp_path / "lost.key")
    (message,) = found("integrations.E002")
    assert message.msg == f"The vault's key file {tmp_path}/lost.key does not exist."


def test_it_refuses_the_same_key_twice(settings: Settings) -> None:
    settings.VAULT_PREVIOUS_KEY_FILE = str(settings.VAULT_KEY_FILE)
    (message,) = found("integrations.E004")
    assert message.msg == "The vault's key and the one before it are the same."


def test_it_refuses_mixed_settings(settings: Settings, make_key_file: MakeKeyFile) -> None:  # noqa: F811
    settings.VAULT_KEY_FILE = make_key_file()
    settings.VAULT_PREVIOUS_KEY_FILE = str(make_key_file(name="before.key"))
    assert found("integrations.E004") == []
    settings.VAULT_KMS_KEY_ID = settings.VAULT_PREVIOUS_KMS_KEY_ID = "alias/quartermaster"
    settings.VAULT_KMS_ENDPOINT = "http://127.0.0.1:9"
    said = "are both set, and only one of them can be the vault's key."
    assert [message.msg for message in found("integrations.E004")] == [
        f"VAULT_KEY_FILE and VAULT_KMS_KEY_ID {said}",
        f"VAULT_PREVIOUS_KEY_FILE and VAULT_PREVIOUS_KMS_KEY_ID {said}",
    ]


def test_it_says_what_is_wrong_with_kms(settings: Settings, kms_server: str) -> None:  # noqa: F811
    settings.VAULT_KMS_KEY_ID, settings.VAULT_KMS_ENDPOINT = "alias/none", kms_server
    (message,) = found("integrations.E002")
    assert message.msg == "AWS KMS refuses the vault's key alias/none: NotFoundException."
    assert message.hint is not None
    assert "kms:DescribeKey, kms:Encrypt and kms:Decrypt" in message.hint


@pytest.mark.django_db
def test_it_says_when_the_key_file_is_another_one(
    acme: Tenant,
    settings: Settings,
    make_key_file: MakeKeyFile,  # noqa: F811
) -> None:
    with within(acme.id):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"s")
    settings.VAULT_KEY_FILE = make_key_file(base64.b64encode(bytes(32)))
    (message,) = found("integrations.E003", ["default"])
    assert message.msg == (
        "The vault's key 9eca4b701f146a84 (local file) does not open 1 of 1 data keys: another one wrapped them."
    )
    with platform():
        assert DataKey.objects.count() == 1


@pytest.mark.django_db
def test_it_finds_nothing_wrong_with_a_vault_that_opens(acme: Tenant) -> None:
    with within(acme.id):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"s")
    assert [m for m in run_checks(databases=["default"]) if (m.id or "").startswith("integrations.")] == []


@pytest.mark.django_db
def test_it_warns_of_a_value_that_does_not_open(acme: Tenant) -> None:
    row = execution(acme)
    with within(acme.id):
        Execution.objects.update(sealed_input=stored(row)[:-1])
    (message,) = found("integrations.W005", ["default"])
    assert message.msg == (
        f"The vault does not open all that was sealed. Tenant {acme.id}: registry.execution.sealed_input of {row.id}, "
        "sealed with version 1, does not open."
    )


def test_it_does_not_look_at_databases_that_were_not_named() -> None:
    assert check_vault_opens() == []


@pytest.mark.django_db
def test_it_expects_no_table_before_the_first_migration() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")
    assert check_vault_opens(databases=["default"]) == []


@pytest.mark.django_db
def test_it_leaves_a_missing_key_file_to_its_own_check(acme: Tenant, settings: Settings, tmp_path: Path) -> None:
    with within(acme.id):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"s")
    settings.VAULT_KEY_FILE = tmp_path / "lost.key"
    assert check_vault_opens(databases=["default"]) == []
