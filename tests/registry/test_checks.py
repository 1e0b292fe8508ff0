from pathlib import Path
from typing import Any

import pytest

from registry.artifacts.storage import LocalArtifacts, all_names
from registry.checks import check_approval_time, check_artifacts_are_kept
from tests.storages import Bucket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("seconds", "ids"), [(10, []), (3600, []), (9, ["registry.E001"]), (2_592_001, ["registry.E001"])]
)
def test_it_wants_people_to_have_time_to_decide(settings: Any, seconds: int, ids: list[str]) -> None:
    settings.APPROVAL_EXPIRES_SECONDS = seconds
    assert [message.id for message in check_approval_time()] == ids


def test_it_is_content_with_a_folder_that_can_be_written(folder: LocalArtifacts) -> None:
    assert check_artifacts_are_kept(databases=["default"]) == []
    assert list(all_names()) == []


def test_it_says_when_artifacts_cannot_be_written(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "blocked"
    settings.DATA_DIR.touch()
    options = {"location": str(settings.DATA_DIR / "artifacts")}
    backend = {"BACKEND": "registry.artifacts.storage.LocalArtifacts", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    (message,) = check_artifacts_are_kept(databases=["default"])
    assert message.id == "registry.E003"
    assert message.hint == f"Let this process write to {tmp_path}/blocked/artifacts, or set ARTIFACTS_S3_BUCKET."


def test_it_says_when_the_bucket_does_not_take_artifacts(settings: Any, bucket: Bucket) -> None:
    settings.ARTIFACTS_S3_BUCKET = "nobodys-bucket"
    options = {**bucket.options, "bucket_name": "nobodys-bucket"}
    backend = {"BACKEND": "registry.artifacts.s3.S3Artifacts", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    (message,) = check_artifacts_are_kept(databases=["default"])
    assert message.id == "registry.E003"
    assert message.hint == "Check ARTIFACTS_S3_BUCKET, its credentials, and that `nobodys-bucket` is there."


def test_it_writes_nothing_when_no_server_is_asked(folder: LocalArtifacts) -> None:
    assert check_artifacts_are_kept() == []
    assert check_artifacts_are_kept(databases=["owner"]) == []
    assert not Path(folder.location).exists()
