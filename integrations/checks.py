"""Start-up checks: wrong settings speak before the first call, with an id and a hint."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections

from integrations.egress.policy import BadEntry, read_entry
from integrations.egress.proxies import BadProxy, read_proxy
from integrations.egress.targets import read_target
from integrations.embedding.compatible import NoService, configured
from integrations.embedding.key import KeyUnusable, read_connection, read_key
from integrations.embedding.lexical_hash import MODEL_ID as LEXICAL
from integrations.embedding.minilm.facts import MODEL_ID as MINILM
from integrations.embedding.minilm.files import ModelUnusable, find_files
from integrations.embedding.shelf import CHOICES, OPENAI
from integrations.errors import BadConnector, EgressBlocked, VaultLocked
from integrations.format.folder import read_folder
from integrations.format.shelf import operators_folders
from integrations.models import DataKey
from integrations.vault.accepted import (
    Accepted,
    accepted,
    contradictions,
    current_keyring,
    previous_keyring,
    try_keyring,
)
from integrations.vault.keyring import KeyFileError
from integrations.vault.look import count_keys, look_at, some_tenants
from integrations.vault.wrapping import KeyringUnusable

PUT_BACK = (
    "Name the right file with VAULT_KEY_FILE, or put it back from your backup: without it, what was sealed is lost. "
    "It belongs to the user that runs Quartermaster, with mode 0600."
)
ASK_KMS = (
    "See that VAULT_KMS_KEY_ID names the key, that it is enabled, and that this machine's AWS credentials allow "
    "kms:DescribeKey, kms:Encrypt and kms:Decrypt with it."
)
ONE_PLACE = (
    "The vault's key is either in a file (VAULT_KEY_FILE) or in AWS KMS (VAULT_KMS_KEY_ID). While it is changed, the "
    "one before is named with VAULT_PREVIOUS_KEY_FILE or VAULT_PREVIOUS_KMS_KEY_ID."
)

TRIED_TENANTS = 25
"""Whose values are opened at start; `vault check` opens everybody's."""


@checks.register
def check_egress_allow_networks(**_: Any) -> list[checks.CheckMessage]:
    return [found for entry in settings.EGRESS_ALLOW_NETWORKS for found in _judge_entry(entry)]


@checks.register
def check_egress_proxy_url(**_: Any) -> list[checks.CheckMessage]:
    try:
        read_proxy(settings.EGRESS_PROXY_URL)
    except BadProxy as error:
        hint = "Write http://proxy.example:3128, or leave it empty. Signs in a user name or password are %-encoded."
        return [checks.Error(f"EGRESS_PROXY_URL: {error}", hint=hint, id="integrations.E009")]
    return []


@checks.register
def check_vault_settings(**_: Any) -> list[checks.CheckMessage]:
    """One key wraps, and at most one other is still accepted."""
    return [checks.Error(said, hint=ONE_PLACE, id="integrations.E004") for said in contradictions()]


@checks.register
def check_vault_keys(**_: Any) -> list[checks.CheckMessage]:
    """The keys of the settings wrap and unwrap, and are two."""
    found: list[checks.CheckMessage] = []
    ids: list[str] = []
    for find in (current_keyring, previous_keyring):
        try:
            keyring = find()
            if keyring is not None:
                try_keyring(keyring)
                ids.append(keyring.key_id)
        except KeyringUnusable as error:
            hint = PUT_BACK if isinstance(error, KeyFileError) else ASK_KMS
            found.append(checks.Error(str(error), hint=hint, id="integrations.E002"))
    if len(ids) > len(set(ids)):
        said = "The vault's key and the one before it are the same."
        found.append(checks.Error(said, hint=ONE_PLACE, id="integrations.E004"))
    return found


@checks.register
def check_connectors_dir(**_: Any) -> list[checks.CheckMessage]:
    """Of the operator's own folders only: those that come with the product were tested before."""
    place = settings.CONNECTORS_DIR
    if place and not Path(place).is_dir():
        hint = "Name a directory that this process can read, with a folder for each connector."
        return [checks.Warning(f"CONNECTORS_DIR: {place} is no directory.", hint=hint, id="integrations.W002")]
    return [found for folder in operators_folders() for found in _judge_folder(folder)]


@checks.register
def check_embedder(**_: Any) -> list[checks.CheckMessage]:
    """What EMBEDDER names can be used; where it names nothing, the model is what it should be."""
    name = settings.EMBEDDER
    if name not in CHOICES:
        said = f"EMBEDDER is {name}, which is no embedder."
        return [checks.Error(said, hint=f"Write one of {', '.join(CHOICES)}.", id="integrations.E006")]
    if name == OPENAI:
        return list(_judge_service())
    return list(_judge_model()) if name != LEXICAL else []


@checks.register
def check_host(**_: Any) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    if not re.fullmatch(r"unix:///.+|https?://[^/]+/?", settings.HOST_URL):
        hint = "Write unix:///run/quartermaster/host.sock or http://host:8001."
        found.append(checks.Error(f"HOST_URL is {settings.HOST_URL}.", hint=hint, id="integrations.E008"))
    if settings.HOST_THREADS < 1:
        hint = "Write how many processors the embedding model may use, such as 1."
        found.append(checks.Error(f"HOST_THREADS is {settings.HOST_THREADS}.", hint=hint, id="integrations.E008"))
    return found


@checks.register(checks.Tags.database)
def check_vault_opens(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """The vault's key has wrapped every data key, and some tenants' values open. Only reads."""
    if "default" not in (databases or ()) or not _is_migrated():
        return []
    try:
        return list(_judge_keys(accepted())) or list(_judge_values())
    except (DatabaseError, KeyringUnusable, VaultLocked):
        # Said by config.E001 and integrations.E002.
        return []


def _judge_service() -> Iterator[checks.CheckMessage]:
    hint = "docs/reference/embedders.md says what an outside service needs."
    try:
        service = configured()
        read_target(service.address)
        if service.connection:
            read_connection(service.connection)
        elif service.key_file:
            read_key(Path(service.key_file))
    except (NoService, KeyUnusable, EgressBlocked) as error:
        yield checks.Error(f"The embedding service cannot be used. {error}", hint=hint, id="integrations.E007")


def _judge_model() -> Iterator[checks.CheckMessage]:
    try:
        find_files()
    except ModelUnusable as error:
        said = "Whatever asks for vectors fails." if settings.EMBEDDER == MINILM else f"{LEXICAL} takes its place."
        yield checks.Warning(
            f"The embedding model cannot be used. {error} {said}",
            hint="Start with a network, or choose another one with EMBEDDER.",
            id="integrations.W006",
        )


def _is_migrated() -> bool:
    """Before the first migration there is nothing to open."""
    return DataKey._meta.db_table in connections["default"].introspection.table_names()


def _judge_keys(keys: Accepted) -> Iterator[checks.CheckMessage]:
    closed, all_keys = count_keys(keys)
    if closed:
        names = " and ".join(f"{each.key_id} ({each.provider})" for each in keys)
        said = f"The vault's key {names} does not open {closed} of {all_keys} data keys: another one wrapped them."
        yield checks.Error(said, hint=f"{PUT_BACK} {ONE_PLACE}", id="integrations.E003")


def _judge_values() -> Iterator[checks.CheckMessage]:
    looked = [look_at(tenant_id) for tenant_id in some_tenants(TRIED_TENANTS)]
    troubles = [f"Tenant {each.tenant_id}: {trouble}" for each in looked for trouble in each.troubles]
    if troubles:
        said = f"The vault does not open all that was sealed. {troubles[0]}"
        yield checks.Warning(said, hint="`manage.py vault check` names everything.", id="integrations.W005")


def _judge_entry(entry: str) -> list[checks.CheckMessage]:
    try:
        read_entry(entry)
    except BadEntry as error:
        hint = (
            "Write entries as [[tenant]@]CIDR[:port], separated by commas: "
            "10.0.0.0/8, demo@127.0.0.1:8099, [fd00::/8]:443."
        )
        return [checks.Error(f"EGRESS_ALLOW_NETWORKS: {error}", hint=hint, id="integrations.E001")]
    return []


def _judge_folder(folder: Path) -> list[checks.CheckMessage]:
    try:
        read_folder(folder)
    except BadConnector as error:
        first = error.faults[0]
        return [
            checks.Warning(
                f"The connector {folder} is left out: {first.path}: {first.message}",
                hint=f"Mend it, then start again. `manage.py connectors check {folder}` says all that is wrong.",
                id="integrations.W001",
            )
        ]
    return []
