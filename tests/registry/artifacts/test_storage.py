"""One contract for every storage: `LocalArtifacts` in a folder and `S3Artifacts` against a real server."""

import io
from typing import Any

import pytest

from accounts.errors import Unavailable
from registry.artifacts.storage import all_names, artifact_storage, put, try_storage, while_reading
from registry.errors import ArtifactNotFound
from tests.storages import Bucket


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> Any:
    request.getfixturevalue(request.param)
    return artifact_storage()


def test_it_reads_back_any_part(storage: Any) -> None:
    put("tenant/one", io.BytesIO(b"0123456789" * 1000))
    assert storage.read_range("tenant/one", 0, 10) == b"0123456789"
    assert storage.read_range("tenant/one", 9995, 100) == b"56789"
    assert storage.read_range("tenant/one", 5, 3) == b"567"


def test_it_lists_what_is_there_and_forgets_what_was_removed(storage: Any) -> None:
    assert list(all_names()) == []
    for name in ("acme/one", "acme/two", "globex/three"):
        put(name, io.BytesIO(b"x"))
    assert sorted(all_names()) == ["acme/one", "acme/two", "globex/three"]
    storage.delete("acme/one")
    assert sorted(all_names()) == ["acme/two", "globex/three"]


def test_it_leaves_nothing_when_it_was_tried(storage: Any) -> None:
    try_storage()
    assert list(all_names()) == []


def test_it_says_when_a_file_is_not_there(storage: Any) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read_range("acme/none", 0, 10)
    storage.delete("acme/none")
    with pytest.raises(ArtifactNotFound, match="gone from its storage"), while_reading():
        storage.read_range("acme/none", 0, 10)


def test_it_settles_what_is_there(storage: Any) -> None:
    put("tenant/folder/one", io.BytesIO(b"x"))
    storage.settle("tenant/folder/one")
    assert storage.read_range("tenant/folder/one", 0, 1) == b"x"


def test_it_lists_no_file_of_a_folder_below_a_tenants(storage: Any) -> None:
    """Imports of memories lie there: they are nobody's artifacts."""
    put("acme/imports/one", io.BytesIO(b"x"))
    assert list(all_names()) == []


def test_it_takes_what_does_not_fit_into_memory(storage: Any) -> None:
    """A file object, read once from its beginning."""
    data = bytes(range(256)) * 40_000
    put("tenant/large", io.BytesIO(data))
    assert storage.read_range("tenant/large", 9_000_000, 256) == data[9_000_000:9_000_256]


def test_it_calls_a_bucket_that_is_away_an_oserror(bucket: Bucket, settings: Any) -> None:
    away = {**bucket.options, "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {"BACKEND": "registry.artifacts.s3.S3Artifacts", "OPTIONS": away},
    }
    with pytest.raises(OSError, match="cannot be reached"):
        put("tenant/one", io.BytesIO(b"x"))
    with pytest.raises(Unavailable, match="storage for artifacts is away"), while_reading():
        artifact_storage().read_range("tenant/one", 0, 1)


def test_it_calls_a_bucket_that_refuses_an_oserror(bucket: Bucket, settings: Any) -> None:
    wrong = {**bucket.options, "bucket_name": "nobodys-bucket"}
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {"BACKEND": "registry.artifacts.s3.S3Artifacts", "OPTIONS": wrong},
    }
    with pytest.raises(OSError, match=r"bucket|not|tenant"):
        put("tenant/one", io.BytesIO(b"x"))
