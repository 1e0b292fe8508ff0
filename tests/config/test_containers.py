"""What the containers are given. Nothing here starts one: `docker-compose.yml` and the lock files are read."""

import re
from importlib.metadata import requires
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docs.pages import page

COMPOSE: dict[str, Any] = yaml.safe_load(page("docker-compose.yml"))
ROLES = ["web", "worker", "beat", "migrate"]
HOME = "/var/lib/quartermaster"
PASSED_ON = [
    *("ARTIFACTS_S3_BUCKET", "ARTIFACTS_S3_PREFIX", "ARTIFACTS_S3_ENDPOINT", "ARTIFACTS_S3_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("METRICS_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "LOG_LEVEL", "LOG_FORMAT"),
]


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s\\]+)", page(lock), re.MULTILINE))


@pytest.mark.parametrize("role", ROLES)
def test_it_gives_every_role_a_place_for_what_all_of_them_see(role: str) -> None:
    service = COMPOSE["services"][role]
    assert service["read_only"] is True
    assert service["volumes"] == [f"metrics:{HOME}/metrics", f"artifacts:{HOME}/artifacts"]
    assert COMPOSE["volumes"].keys() >= {"metrics", "artifacts"}


def test_it_makes_these_places_for_the_user_that_writes_there() -> None:
    """A new volume takes over the owner of the folder that it is mounted on."""
    image = page("deploy/Dockerfile")
    assert f"install --directory --owner=10001 --mode=0700 {HOME}/metrics {HOME}/artifacts" in image
    assert f"DATA_DIR={HOME}\n" in image


@pytest.mark.parametrize("role", ROLES)
def test_it_passes_settings_on(role: str) -> None:
    given = COMPOSE["services"][role]["environment"]
    assert [name for name in PASSED_ON if given.get(name) != f"${{{name}:-}}"] == []


def test_it_installs_what_speaks_to_a_bucket_as_it_was_tested() -> None:
    assert "-r requirements.lock -r requirements-s3.lock" in page("deploy/Dockerfile")
    usual, more, tested = (pinned(f"requirements{kind}.lock") for kind in ("", "-s3", "-dev"))
    assert more.items() <= tested.items()
    wanted = [Requirement(line) for name in more for line in requires(name) or ()]
    needed = {canonicalize_name(each.name) for each in wanted if each.marker is None or each.marker.evaluate()}
    assert {"boto3", "django-storages"} <= more.keys()
    assert needed <= more.keys() | usual.keys()
