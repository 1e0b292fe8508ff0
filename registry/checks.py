"""What would make approvals useless or artifacts vanish, found at start with an id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from accounts.approval_time import LONGEST_APPROVAL_SECONDS, SHORTEST_APPROVAL_SECONDS
from registry.artifacts.storage import try_storage


def register() -> None:
    checks.register(check_approval_time)
    checks.register(check_artifacts_are_kept, checks.Tags.database)


def check_approval_time(**_: Any) -> list[checks.CheckMessage]:
    """Whether people have time to decide, and not for ever."""
    if SHORTEST_APPROVAL_SECONDS <= settings.APPROVAL_EXPIRES_SECONDS <= LONGEST_APPROVAL_SECONDS:
        return []
    return [
        checks.Error(
            f"APPROVAL_EXPIRES_SECONDS is {settings.APPROVAL_EXPIRES_SECONDS}: nobody can decide in such a time.",
            hint=f"Give {SHORTEST_APPROVAL_SECONDS} to {LONGEST_APPROVAL_SECONDS:,} seconds.",
            id="registry.E001",
        )
    ]


def check_artifacts_are_kept(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether artifacts can be written, asked when the other servers are asked: by writing one."""
    if "default" not in (databases or ()):
        return []
    try:
        try_storage()
    except OSError as error:
        hint = (
            f"Check ARTIFACTS_S3_BUCKET, its credentials, and that `{settings.ARTIFACTS_S3_BUCKET}` is there."
            if settings.ARTIFACTS_S3_BUCKET
            else f"Let this process write to {settings.DATA_DIR / 'artifacts'}, or set ARTIFACTS_S3_BUCKET."
        )
        return [checks.Error(f"Artifacts cannot be written: {error}", hint=hint, id="registry.E003")]
    return []
