"""The key-encrypting key in AWS KMS, which it never leaves: each wrapping and unwrapping is a call.

wrapped = format 2 (1 byte) | length of the key's ARN (2) | ARN | what KMS answered

The encryption context names tenant, purpose and version: KMS authenticates it, writes it to CloudTrail and can make
it a condition of the key's policy. The address is the operator's, so this does not go through egress. Credentials come
the way boto3 finds them. KMS has to allow kms:DescribeKey, kms:Encrypt and kms:Decrypt.
https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import ArnParser

from integrations.vault.wrapping import KMS_FORMAT, Belongs, KeyringUnusable, WrongKey

_OTHERS = {"InvalidCiphertextException", "IncorrectKeyException"}
_PATIENCE = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
"""A call waits for it: ten seconds and a pause at worst."""


class KmsKeyring:
    provider = "AWS KMS"

    def __init__(self, name: str, *, endpoint: str = "") -> None:
        """`name` is what KMS takes for a key: its id, its ARN, or an alias."""
        self._name = name
        self._client = _client(name, endpoint)

    def __repr__(self) -> str:
        return f"KmsKeyring({self._name})"

    @cached_property
    def key_id(self) -> str:
        """The ARN, which an alias stands for when it is first asked. Raises KeyringUnusable."""
        with self._in_our_words():
            found: dict[str, Any] = self._client.describe_key(KeyId=self._name)["KeyMetadata"]
        if not found["Enabled"]:
            raise KeyringUnusable(f"The vault's key {self._name} is {found['KeyState']} in AWS KMS.")
        return str(found["Arn"])

    @cached_property
    def mark(self) -> bytes:
        arn = self.key_id.encode()
        return KMS_FORMAT + len(arn).to_bytes(2, "big") + arn

    def wrap(self, data_key: bytes, *, belongs: Belongs) -> bytes:
        mark = self.mark
        with self._in_our_words():
            answer = self._client.encrypt(KeyId=self.key_id, Plaintext=data_key, EncryptionContext=_context(belongs))
        return mark + bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, belongs: Belongs) -> bytes:
        if not wrapped.startswith(self.mark):
            raise WrongKey
        with self._in_our_words():
            answer = self._client.decrypt(
                KeyId=self.key_id, CiphertextBlob=wrapped[len(self.mark) :], EncryptionContext=_context(belongs)
            )
        return bytes(answer["Plaintext"])

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _OTHERS:
                raise WrongKey from error
            raise KeyringUnusable(f"AWS KMS refuses the vault's key {self._name}: {code}.") from error
        except BotoCoreError as error:
            raise KeyringUnusable(f"AWS KMS cannot be asked for the vault's key {self._name}: {error}") from error


def _client(name: str, endpoint: str) -> Any:
    # arn:aws:kms:<region>:…; without it boto3 asks the environment.
    region = ArnParser().parse_arn(name)["region"] if ArnParser.is_arn(name) else ""
    try:
        return boto3.client("kms", region_name=region or None, endpoint_url=endpoint or None, config=_PATIENCE)
    except (BotoCoreError, ValueError) as error:
        raise KeyringUnusable(f"AWS KMS cannot be asked for the vault's key {name}: {error}") from error


def _context(belongs: Belongs) -> dict[str, str]:
    return {"tenant": str(belongs.tenant_id), "purpose": "data key", "version": str(belongs.version)}
