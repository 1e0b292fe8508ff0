"""Verifying: whatever was done to the trail behind our back is named by its place."""

from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry, Tenant
from accounts.sealing import GENESIS, Head
from accounts.tenancy import within
from accounts.verify import Damage, Verdict, verify_chain
from tests.accounts.trails import seal_all, sealed, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entries(acme: Tenant) -> list[AuditEntry]:
    """acme's five sealed entries."""
    write(acme.id, "tool.registered", "tool.changed", "tool.disabled", "tool.retired")
    seal_all(acme.id)
    with within(acme.id):
        return list(AuditEntry.objects.sealed_after(0))


def damage(tenant: Tenant, expected: Head = GENESIS) -> Damage | None:
    return verify_chain(tenant_id=tenant.id, expected=expected).damage


def head(entry: AuditEntry) -> Head:
    return Head(sequence=entry.sequence or 0, seal=bytes(entry.seal or b""))


def test_it_finds_nothing_wrong_with_what_was_only_written(acme: Tenant, entries: list[AuditEntry]) -> None:
    write(acme.id, "tool.registered")
    assert verify_chain(tenant_id=acme.id) == Verdict(head=head(entries[4]), unsealed=1, damage=None)


def test_it_finds_nothing_wrong_with_a_chain_that_has_not_begun(acme: Tenant) -> None:
    assert verify_chain(tenant_id=acme.id) == Verdict(head=GENESIS, unsealed=1, damage=None)


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor = 'agent:somebody-else'",
        "action = 'tool.praised'",
        "subject = 'tool:2'",
        """detail = '{"n": 2}'""",
        "seal = sha256('x')",
        "id = gen_random_uuid()",
    ],
)
def test_it_names_an_entry_that_was_changed(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection, change: str
) -> None:
    intruder.execute(f"UPDATE accounts_auditentry SET {change} WHERE id = %s", [entries[2].id])
    found = damage(acme)
    assert found is not None
    assert found.sequence == 3
    assert "was changed" in found.sentence


def test_it_names_an_entry_that_is_missing(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("DELETE FROM accounts_auditentry WHERE id = %s", [entries[2].id])
    assert damage(acme) == Damage(3, "The entry is missing.")


def test_it_names_entries_that_changed_places(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    exchange = "UPDATE accounts_auditentry SET sequence = %s, seal = %s WHERE id = %s"
    intruder.execute(exchange, [99, entries[1].seal, entries[1].id])
    intruder.execute(exchange, [2, entries[1].seal, entries[3].id])
    intruder.execute(exchange, [4, entries[3].seal, entries[1].id])
    assert damage(acme) == Damage(2, f"The entry {entries[1].id} was moved: it belongs here, and stands at 4.")


def test_it_names_an_entry_that_took_its_seal_along(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("UPDATE accounts_auditentry SET sequence = 99 WHERE id = %s", [entries[1].id])
    assert damage(acme) == Damage(2, f"The entry {entries[1].id} was moved: it belongs here, and stands at 99.")


def test_it_names_an_entry_whose_place_another_took(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    unseal = "UPDATE accounts_auditentry SET sequence = NULL, seal = NULL WHERE id = %s"
    intruder.execute(unseal, [entries[1].id])
    intruder.execute(
        "UPDATE accounts_auditentry SET sequence = 2, seal = %s WHERE id = %s", [entries[1].seal, entries[3].id]
    )
    assert damage(acme) == Damage(2, f"The entry {entries[1].id} was moved: it belongs here, and has no seal any more.")


def test_it_names_an_entry_that_was_put_in(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    forged = forge(intruder, entries[0], sequence=0)
    assert damage(acme) == Damage(0, f"The entry {forged} was put in: there is no place for it.")


def test_it_notices_that_the_end_was_cut_off(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("DELETE FROM accounts_auditentry WHERE sequence > 3 AND tenant_id = %s", [acme.id])
    assert damage(acme) == Damage(4, "The chain was cut off here: it went on to entry 5.")


def test_it_does_not_go_on_over_a_cut(acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection) -> None:
    intruder.execute("DELETE FROM accounts_auditentry WHERE sequence > 3 AND tenant_id = %s", [acme.id])
    write(acme.id, "tool.registered")
    seal_all(acme.id)
    assert [sequence for sequence, _ in sealed(acme.id)] == [1, 2, 3, 6]
    assert damage(acme) == Damage(4, "The entry is missing.")


def test_it_needs_a_head_kept_elsewhere_when_the_recorded_end_was_cut_too(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("DELETE FROM accounts_auditentry WHERE sequence > 3 AND tenant_id = %s", [acme.id])
    intruder.execute("UPDATE accounts_audithead SET sequence = 3, seal = %s", [entries[2].seal])
    assert damage(acme) is None
    assert damage(acme, expected=head(entries[4])) == Damage(4, "The chain was cut off here: it went on to entry 5.")


def test_it_still_finds_an_earlier_head_when_the_chain_went_on(acme: Tenant, entries: list[AuditEntry]) -> None:
    assert damage(acme, expected=head(entries[2])) is None


def test_it_notices_that_a_chain_was_written_anew(acme: Tenant, entries: list[AuditEntry]) -> None:
    other = Head(sequence=3, seal=bytes(32))
    assert damage(acme, expected=other) == Damage(
        3, "The chain up to this entry was written anew: its seal is not the recorded one."
    )


def test_it_notices_entries_after_the_recorded_end(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("UPDATE accounts_audithead SET sequence = 3, seal = %s", [entries[2].seal])
    assert damage(acme) == Damage(4, "This entry was put after the chain's recorded end.")


def forge(intruder: psycopg.Connection, like: AuditEntry, *, sequence: int) -> object:
    row = intruder.execute(
        "INSERT INTO accounts_auditentry (id, tenant_id, at, actor, action, subject, detail, sequence, seal)"
        " VALUES (gen_random_uuid(), %s, now(), 'agent:1', 'tool.changed', 'tool:1', '{}', %s, sha256('x'))"
        " RETURNING id",
        [like.tenant_id, sequence],
    ).fetchone()
    assert row is not None
    return row[0]


# --- manage.py verify_audit ---


def verify_audit(**options: object) -> str:
    out = StringIO()
    call_command("verify_audit", stdout=out, **options)
    return out.getvalue()


def test_it_prints_every_chain_and_its_head(acme: Tenant, globex: Tenant, entries: list[AuditEntry]) -> None:
    write(acme.id, "tool.registered")
    assert verify_audit().splitlines() == [
        f"platform: 0 entries sealed and unbroken, 0 not sealed yet. Head {GENESIS}",
        f"acme: 5 entries sealed and unbroken, 1 not sealed yet. Head 5:{bytes(entries[4].seal or b'').hex()}",
        f"globex: 0 entries sealed and unbroken, 1 not sealed yet. Head {GENESIS}",
    ]


def test_it_fails_when_there_is_damage_and_still_reads_the_others(
    acme: Tenant, globex: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("DELETE FROM accounts_auditentry WHERE id = %s", [entries[2].id])
    out = StringIO()
    with pytest.raises(CommandError, match=r"^The audit trail is damaged: acme\.$") as failure:
        call_command("verify_audit", stdout=out)
    assert failure.value.returncode == 1
    assert "acme: DAMAGED at entry 3. The entry is missing." in out.getvalue()
    assert "globex: 0 entries sealed and unbroken" in out.getvalue()


def test_it_reads_one_chain_by_slug_or_id(acme: Tenant, globex: Tenant) -> None:
    assert verify_audit(tenant="acme") == verify_audit(tenant=str(acme.id))
    assert verify_audit(tenant="acme").startswith("acme: 0 entries")
    assert verify_audit(tenant="platform").startswith("platform: 0 entries")


def test_it_reads_the_chain_of_a_deleted_tenant(
    acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection
) -> None:
    intruder.execute("DELETE FROM accounts_tenant WHERE id = %s", [acme.id])
    assert f"{acme.id}: 5 entries sealed and unbroken" in verify_audit()


def test_it_asks_for_an_expected_head(acme: Tenant, entries: list[AuditEntry], intruder: psycopg.Connection) -> None:
    kept = str(head(entries[4]))
    assert "5 entries sealed and unbroken" in verify_audit_with_head(kept)
    intruder.execute("DELETE FROM accounts_auditentry WHERE sequence > 3")
    intruder.execute("UPDATE accounts_audithead SET sequence = 3, seal = %s", [entries[2].seal])
    assert "3 entries sealed and unbroken" in verify_audit(tenant="acme")
    with pytest.raises(CommandError, match="damaged: acme"):
        verify_audit_with_head(kept)


def verify_audit_with_head(text: str) -> str:
    out = StringIO()
    call_command("verify_audit", "--tenant", "acme", "--expect-head", text, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("text", ["5", "5:xyz", "5:abcd", f"0:{'00' * 32}", f"x:{'00' * 32}", ""])
def test_it_refuses_what_is_no_head(acme: Tenant, text: str) -> None:
    with pytest.raises(CommandError, match=r"is no head\. Give it as verify_audit prints it"):
        verify_audit_with_head(text)


def test_it_refuses_a_head_without_its_chain() -> None:
    with pytest.raises(CommandError, match="Name it with --tenant"):
        call_command("verify_audit", "--expect-head", f"1:{'00' * 32}")


def test_it_refuses_a_tenant_that_never_was(acme: Tenant) -> None:
    with pytest.raises(CommandError, match="There is no tenant `initech`"):
        verify_audit(tenant="initech")
