import pytest

from accounts.admin import audit
from accounts.audit import record
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.sealing import seal_batch
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of
from tests.servers import Servers

pytestmark = pytest.mark.django_db

VERIFY = "/admin/accounts/auditentry/verify/"


def write(tenant: Tenant, actor: str, action: str = "tool.registered", subject: str = "tool:1") -> AuditEntry:
    with within(tenant.id):
        return record(tenant_id=tenant.id, actor=actor, action=action, subject=subject, detail={"slug": "crm"})


def test_it_names_who_did_what_to_what(browse: Browse, alice: Person, scout: Agent) -> None:
    write(alice.tenant, f"agent:{scout.id}", "execution.failed", "execution:00000000-0000-0000-0000-00000000beef")
    page = browse(alice).page(list_of(AuditEntry))
    assert '<td data-label="Who">scout</td>' in page
    assert "execution.failed" in page
    assert "/admin/registry/execution/00000000-0000-0000-0000-00000000beef/change/" in page


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        ("system:tests", '<span class="qm-subtle">tests</span>'),
        ("agent:not-an-id", "agent:not-an-id"),
        ("person:00000000-0000-0000-0000-00000000beef", "person:00000000-0000-0000-0000-00000000beef"),
    ],
)
def test_it_shows_an_actor_whom_nobody_knows_as_written(browse: Browse, alice: Person, actor: str, shown: str) -> None:
    entry = write(alice.tenant, actor, subject="somewhere:else")
    assert shown in browse(alice).page(address_of(entry))


def test_it_finds_entries_by_what_they_are_about(browse: Browse, alice: Person, scout: Agent) -> None:
    visitor = browse(alice)
    assert "agent.created" in visitor.page(list_of(AuditEntry), {"kind": "agent"})
    assert "agent.created" not in visitor.page(list_of(AuditEntry), {"kind": "tool"})
    assert "agent.created" in visitor.page(list_of(AuditEntry), {"q": str(scout.id)})


def test_it_shows_an_entry_with_its_detail_and_no_seal(browse: Browse, alice: Person) -> None:
    entry = write(alice.tenant, f"person:{alice.id}")
    seal_batch(alice.tenant_id)
    with within(alice.tenant_id):
        sealed = AuditEntry.objects.get(id=entry.id)
    page = browse(alice).page(address_of(entry))
    assert f">#{sealed.sequence}</span>" in page
    assert '"crm"' in page
    assert sealed.seal is not None
    assert bytes(sealed.seal).hex() not in page


def test_it_verifies_a_chain(browse: Browse, alice: Person) -> None:
    seal_batch(alice.tenant_id)
    write(alice.tenant, f"person:{alice.id}")
    said = browse(alice).done(VERIFY)
    assert "All 2 sealed entries are as they were written. 1 newer ones wait for their seal." in said


@pytest.mark.django_db(transaction=True)
def test_it_names_where_a_chain_is_damaged(browse: Browse, alice: Person, servers: Servers) -> None:
    entry = write(alice.tenant, f"person:{alice.id}")
    seal_batch(alice.tenant_id)
    change_behind_our_back(servers, entry)
    said = browse(alice).done(VERIFY)
    assert "The trail is damaged at entry 3." in said
    assert f"The entry {entry.id} was changed" in said


def change_behind_our_back(servers: Servers, entry: AuditEntry) -> None:
    with servers.connect_as_superuser() as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE accounts_auditentry SET actor = 'nobody' WHERE id = %s", [entry.id])


def test_it_sends_long_chains_to_the_command(browse: Browse, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LONGEST_CHAIN", 1)
    assert "Run <code>manage.py verify_audit</code>" in browse(alice).done(VERIFY)


def test_it_verifies_by_post_and_for_those_who_may_read_it(browse: Browse, alice: Person, bob: Person) -> None:
    assert browse(alice).get(VERIFY).status_code == 405
    assert browse(bob).post(VERIFY).status_code == 403
    assert browse(bob).get(list_of(AuditEntry)).status_code == 403


def test_it_cannot_be_changed_from_here(browse: Browse, alice: Person) -> None:
    entry = write(alice.tenant, f"person:{alice.id}")
    visitor = browse(alice)
    assert visitor.post(address_of(entry), {"actor": "nobody"}).status_code == 403
    assert visitor.post(address_of(entry, "delete"), {"post": "yes"}).status_code == 403
    assert visitor.get("/admin/accounts/auditentry/add/").status_code == 403
    with within(alice.tenant_id):
        assert AuditEntry.objects.get(id=entry.id).actor == f"person:{alice.id}"


def test_it_leads_back_from_a_page_that_is_not_there(browse: Browse, alice: Person) -> None:
    for number in range(51):
        write(alice.tenant, "system:tests", subject=f"tool:{number}")
    assert browse(alice).get(list_of(AuditEntry), {"p": "999"})["Location"] == f"{list_of(AuditEntry)}?e=1"
