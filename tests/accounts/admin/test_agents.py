import pytest

from accounts.models import Agent, ApiKey, AuditEntry, Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of, text_of
from tests.cast import make_key

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/agent/add/"


def now(agent: Agent) -> Agent:
    with within(agent.tenant_id):
        return Agent.objects.get(id=agent.id)


def test_it_lists_agents_with_their_usable_keys(browse: Browse, alice: Person, scout: Agent, scout_key: str) -> None:
    page = browse(alice).page(list_of(Agent))
    assert "scout" in page
    assert '<td data-label="Usable keys">1</td>' in page


def test_it_says_what_to_do_when_there_is_none(browse: Browse, alice: Person) -> None:
    page = browse(alice).page(list_of(Agent))
    assert "No agents yet" in page
    assert "New agent" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "SCO"}, True),
        ({"q": "nothing"}, False),
        ({"role": "operator"}, True),
        ({"role": "owner"}, False),
        ({"role": "emperor"}, True),
        ({"enabled": "yes"}, True),
        ({"enabled": "no"}, False),
        ({"provider": "anthropic"}, True),
    ],
)
def test_it_narrows_the_list(browse: Browse, alice: Person, scout: Agent, query: dict[str, str], found: bool) -> None:
    assert (address_of(scout) in browse(alice).page(list_of(Agent), query)) == found


def test_it_offers_the_providers_that_there_are(browse: Browse, alice: Person, scout: Agent) -> None:
    with within(scout.tenant_id):
        Agent.objects.update(provider="anthropic")
    assert "?provider=anthropic" in browse(alice).page(list_of(Agent))


def test_it_makes_an_agent(browse: Browse, alice: Person, acme: Tenant) -> None:
    fields = {"slug": "courier", "name": "Courier", "role": "operator", "rate_limit": '{"per_minute": 60}'}
    assert "Agent Courier is made." in browse(alice).done(ADD, fields)
    with within(acme.id):
        made = Agent.objects.get(slug="courier")
        assert (made.name, made.role, made.rate_limit) == ("Courier", "operator", {"per_minute": 60})
        assert AuditEntry.objects.filter(action="agent.created", actor=f"person:{alice.id}").count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"slug": "scout"}, "There is an agent <code>scout</code> already. Choose another slug."),
        ({"slug": "No Slug"}, "Use 1 to 64 lower-case letters, digits and dashes"),
        ({"slug": ""}, "This field is required."),
        ({"slug": "a\x00b"}, "Null characters are not allowed."),
        ({"slug": "courier", "rate_limit": "{"}, "This is not JSON"),
        ({"slug": "courier", "role": "emperor"}, "Select a valid choice."),
    ],
)
def test_it_says_why_an_agent_cannot_be_made(
    browse: Browse, alice: Person, scout: Agent, fields: dict[str, str], said: str
) -> None:
    assert said in browse(alice).refused(ADD, {"role": "operator", **fields})
    with within(scout.tenant_id):
        assert [agent.slug for agent in Agent.objects.all()] == ["scout"]


def test_it_changes_an_agent(browse: Browse, alice: Person, scout: Agent) -> None:
    visitor = browse(alice)
    assert 'value="operator" selected' in visitor.page(address_of(scout, "edit"))
    assert "is changed." in visitor.done(address_of(scout, "edit"), {"name": "Scout", "role": "viewer"})
    assert (now(scout).name, now(scout).role) == ("Scout", "viewer")


def test_it_takes_a_post_to_the_agents_page_as_an_edit(browse: Browse, alice: Person, scout: Agent) -> None:
    browse(alice).done(address_of(scout), {"name": "Scout", "role": "viewer"})
    assert now(scout).name == "Scout"


def test_it_asks_before_it_disables(browse: Browse, alice: Person, scout: Agent) -> None:
    visitor = browse(alice)
    assert "None of its keys opens anything" in visitor.page(address_of(scout, "disable"))
    assert now(scout).enabled
    assert "scout is disabled." in visitor.done(address_of(scout, "disable"))
    assert not now(scout).enabled
    assert "Its keys open the door again" in visitor.page(address_of(scout, "enable"))
    assert "scout is enabled." in visitor.done(address_of(scout, "enable"))
    assert now(scout).enabled


def test_it_lets_nobody_make_an_agent_above_themselves(browse: Browse, acme: Tenant, bob: Person) -> None:
    assert browse(bob).post(ADD, {"slug": "courier", "role": "owner"}).status_code == 403
    with within(acme.id):
        assert not Agent.objects.exists()


def test_it_shows_a_new_key_once(browse: Browse, alice: Person, scout: Agent) -> None:
    visitor = browse(alice)
    answer = visitor.post(address_of(scout, "issue-key"), {"name": "production", "expires": "30"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    with within(scout.tenant_id):
        key = ApiKey.objects.get(name="production")
    secret = text_of(answer).partition("qm_")[2].partition("<")[0]
    assert f"qm_{secret}".startswith(key.prefix)
    for page in (address_of(scout), address_of(key), list_of(ApiKey), list_of(AuditEntry)):
        assert secret not in visitor.page(page)


def test_it_issues_a_key_that_never_expires(browse: Browse, alice: Person, scout: Agent) -> None:
    browse(alice).post(address_of(scout, "issue-key"), {"name": "production", "expires": "never"})
    with within(scout.tenant_id):
        assert ApiKey.objects.get(name="production").expires_at is None


def test_it_says_why_a_key_cannot_be_issued(browse: Browse, alice: Person, scout: Agent, scout_key: str) -> None:
    said = browse(alice).refused(address_of(scout, "issue-key"), {"name": "first", "expires": "30"})
    assert "The agent has a key named <code>first</code> already." in said
    with within(scout.tenant_id):
        assert ApiKey.objects.count() == 1


def test_it_shows_the_agents_keys_with_what_can_be_done(
    browse: Browse, alice: Person, scout: Agent, scout_key: str
) -> None:
    page = browse(alice).page(address_of(scout))
    with within(scout.tenant_id):
        key = ApiKey.objects.get()
    assert scout_key[:10] in page
    assert scout_key not in page
    assert address_of(key, "rotate") in page
    assert address_of(key, "revoke") in page


def test_it_shows_a_viewer_no_keys_and_nothing_to_do(browse: Browse, vera: Person, scout: Agent) -> None:
    make_key(scout)
    page = browse(vera).page(address_of(scout))
    assert "API keys</h2>" not in page
    assert address_of(scout, "edit") not in page
    assert address_of(scout, "issue-key") not in page


def test_it_tells_an_agents_history(browse: Browse, alice: Person, vera: Person, scout: Agent) -> None:
    assert "agent.created" in browse(alice).page(address_of(scout, "history"))
    assert browse(vera).get(address_of(scout, "history")).status_code == 403


def test_it_says_so_when_there_is_no_history(browse: Browse, alice: Person, acme: Tenant) -> None:
    with within(acme.id):
        unrecorded = Agent.objects.create(tenant=acme, slug="unrecorded")
    assert "Nothing recorded" in browse(alice).page(address_of(unrecorded, "history"))


def test_it_leads_to_the_agents_executions(browse: Browse, alice: Person, scout: Agent) -> None:
    assert f"/admin/registry/execution/?agent={scout.id}" in browse(alice).page(address_of(scout))
