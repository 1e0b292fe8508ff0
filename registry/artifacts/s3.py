"""Artifacts in a bucket: Amazon's S3, or whatever speaks like it. Needs the extra `s3`.

The address is the operator's (ARTIFACTS_S3_ENDPOINT), so this does not go through egress. Credentials come the way
boto3 finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the machine's own role.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

_NOT_THERE = {"NoSuchKey", "NoSuchBucket", "404"}
_PATIENCE = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})


class S3Artifacts(S3Storage):  # type: ignore[misc]
    def __init__(self, **options: Any) -> None:
        super().__init__(
            default_acl=None, file_overwrite=True, querystring_auth=True, client_config=_PATIENCE, **options
        )

    def save(self, name: str, content: "File[bytes]", max_length: int | None = None) -> str:
        with _in_our_words(name):
            return str(super().save(name, content, max_length))

    def delete(self, name: str) -> None:
        with _in_our_words(name):
            super().delete(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _in_our_words(name):
            found: tuple[list[str], list[str]] = super().listdir(name)
            return found

    def read_range(self, name: str, start: int, length: int) -> bytes:
        with _in_our_words(name):
            found = self.bucket.Object(self._normalize_name(name)).get(Range=f"bytes={start}-{start + length - 1}")
            with found["Body"] as body:
                data: bytes = body.read()
                return data

    def settle(self, name: str) -> None:
        """A bucket answers when it has what it was given."""


@contextmanager
def _in_our_words(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            raise FileNotFoundError(name) from error
        raise OSError(f"The bucket refused: {error}") from error
    except BotoCoreError as error:
        raise OSError(f"The bucket cannot be reached: {error}") from error
