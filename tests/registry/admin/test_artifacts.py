import json
from typing import Any

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry.artifacts.keep import as_told
from registry.artifacts.storage import LocalArtifacts, artifact_storage
from registry.models import Artifact, Execution, Tool
from tests.browsing import Browse, address_of
from tests.catalogue import Register
from tests.registry.admin.test_executions import executed
from tests.registry.artifacts.kept import saved_for

pytestmark = pytest.mark.django_db

LOG = "\n".join(f"line {number} {'<b>ERROR</b>' if number % 500 == 0 else 'ok'}" for number in range(1, 3001))
CUTS = [{"path": "$", "what": "characters", "kept": 900, "of": len(LOG)}]


@pytest.fixture
def tool(register: Register) -> Tool:
    return register()


@pytest.fixture
def log(acme: Tenant, scout: Agent, tool: Tool, folder: LocalArtifacts) -> Execution:
    return execution_with(acme, scout, tool, LOG)


def execution_with(tenant: Tenant, agent: Agent, tool: Tool, output: Any, **facts: Any) -> Execution:
    execution = executed(agent, tool, truncated={"cuts": CUTS, "more_cuts": 2, "rest": "GET it."})
    artifact = saved_for(tenant, execution.id, output, **facts)
    with within(tenant.id):
        execution.artifact = as_told(artifact)
        execution.save()
    return execution


def page_of(execution: Execution, query: str = "") -> str:
    return f"{address_of(execution)}artifact/{query}".replace("/change/artifact", "/artifact")


def test_it_leads_from_the_execution_to_the_rest(browse: Browse, vera: Person, log: Execution) -> None:
    page = browse(vera).page(address_of(log))
    assert f"The whole output is {len(LOG) / 1000:.1f} kB, 3000 lines" in page
    assert f'href="{page_of(log)}"' in page
    assert "<code>$</code> 900 of" in page


def test_it_says_why_there_is_no_rest(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    execution = executed(scout, tool, truncated={"cuts": [], "more_cuts": 0, "rest": "It was not kept: no room."})
    assert "It was not kept: no room." in browse(vera).page(address_of(execution))
    assert "has no artifact. It was not kept: no room." in browse(vera).page(page_of(execution))


def test_it_shows_lines_page_by_page(browse: Browse, vera: Person, log: Execution) -> None:
    first = browse(vera).page(page_of(log))
    assert "Lines 1 to 200 of 3000" in first
    assert "line 200 ok" in first
    assert "line 201" not in first
    assert 'href="?line=201"' in first
    last = browse(vera).page(page_of(log, "?line=2801"))
    assert "Lines 2801 to 3000 of 3000" in last
    assert 'href="?line=2601"' in last
    assert b"&lt;b&gt;ERROR&lt;/b&gt;" in browse(vera).get(page_of(log, "?line=2801")).content


def test_it_goes_on_inside_of_an_endless_line(
    browse: Browse, vera: Person, acme: Tenant, scout: Agent, tool: Tool, folder: LocalArtifacts
) -> None:
    execution = execution_with(acme, scout, tool, "x" * 70_000 + "the end")
    assert 'href="?offset=60000"' in browse(vera).page(page_of(execution))
    assert "the end" in browse(vera).page(page_of(execution, "?offset=60000"))


def test_it_finds_lines(browse: Browse, vera: Person, log: Execution) -> None:
    page = browse(vera).page(page_of(log, "?grep=ERROR"))
    assert "6 lines in" in page
    assert 'href="?line=500"' in page
    assert "line 498 ok" in page
    assert "No line has it" in browse(vera).page(page_of(log, "?grep=nothing"))
    assert "no regular expression" in browse(vera).page(page_of(log, "?grep=("))


@pytest.mark.parametrize(
    "query", ["?line=0", "?line=-1", "?line=x", "?line=99999999999999", "?offset=99999999", "?line=9999"]
)
def test_it_bears_any_address(query: str, browse: Browse, vera: Person, log: Execution) -> None:
    assert browse(vera).get(page_of(log, query)).status_code == 200


def test_it_colours_json(
    browse: Browse, vera: Person, acme: Tenant, scout: Agent, tool: Tool, folder: LocalArtifacts
) -> None:
    execution = execution_with(acme, scout, tool, {"items": [{"id": number} for number in range(100)]})
    assert 'class="qm-json-key"' in browse(vera).get(page_of(execution)).content.decode()


def test_it_gives_the_file(browse: Browse, vera: Person, log: Execution) -> None:
    answer = browse(vera).get(f"{page_of(log)}content/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Content-Length"] == str(len(LOG))


def test_it_says_that_bytes_are_no_text(
    browse: Browse, vera: Person, acme: Tenant, scout: Agent, tool: Tool, folder: LocalArtifacts
) -> None:
    execution = execution_with(acme, scout, tool, {"content_type": "image/png", "base64": "iVBORw=="})
    page = browse(vera).page(page_of(execution))
    assert "This is no text" in page
    assert "image/png" in page


def test_it_keeps_secrets_from_who_may_not_manage(
    browse: Browse,
    vera: Person,
    alice: Person,
    acme: Tenant,
    scout: Agent,
    tool: Tool,
    folder: LocalArtifacts,
) -> None:
    execution = execution_with(acme, scout, tool, {"password": "hunter2"}, holds_secrets=True)
    for path in (page_of(execution), f"{page_of(execution)}content/"):
        refused = browse(vera).get(path)
        assert refused.status_code == 403
        assert b"hunter2" not in refused.content
    assert "hunter2" in browse(alice).page(page_of(execution))


def test_it_shows_nothing_of_another_tenant(browse: Browse, mallory: Person, log: Execution) -> None:
    for path in (page_of(log), f"{page_of(log)}content/"):
        assert browse(mallory).get(path).status_code == 404


def test_it_says_when_the_content_is_gone(browse: Browse, vera: Person, acme: Tenant, log: Execution) -> None:
    with within(acme.id):
        artifact_storage().delete(Artifact.objects.get().storage_name)
    assert "gone from its storage" in browse(vera).page(page_of(log))
    assert browse(vera).get(f"{page_of(log)}content/").status_code == 404


def test_it_says_what_a_tenant_keeps(browse: Browse, alice: Person, acme: Tenant, log: Execution) -> None:
    page = browse(alice).page(address_of(acme))
    assert f"{len(json.dumps(LOG)) // 1000}" in page
    assert "of 1.0 GB in 1 large output" in " ".join(page.split()).replace('</span> <span class="qm-subtle">', " ")
