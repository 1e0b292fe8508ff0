"""Tenants: made once, and counted on when something of theirs changes."""

import pytest
from django.core.exceptions import ValidationError

from accounts.errors import Conflict
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform
from accounts.tenants import bump_generation, create_tenant

pytestmark = pytest.mark.django_db


def test_it_makes_a_tenant_and_notes_it(acme: Tenant) -> None:
    with platform():
        entry = AuditEntry.objects.get()
    assert (entry.tenant_id, entry.action, entry.subject) == (acme.id, "tenant.created", f"tenant:{acme.id}")
    assert str(acme) == "Acme"


def test_it_makes_one_tenant_of_a_slug(acme: Tenant) -> None:
    with platform():
        with pytest.raises(Conflict, match="There is a tenant `acme` already"):
            create_tenant(slug="acme", name="Another", actor="system:tests")
        assert Tenant.objects.get().name == "Acme"


def test_it_makes_no_tenant_of_a_bad_slug() -> None:
    with platform():
        with pytest.raises(ValidationError):
            create_tenant(slug="No Slug", name="Another", actor="system:tests")
        assert not Tenant.objects.exists()


def test_it_makes_every_process_forget_one_tenants_or_everybodys_things(acme: Tenant, globex: Tenant) -> None:
    with platform():
        bump_generation(acme.id)
        assert dict(Tenant.objects.values_list("slug", "generation")) == {"acme": 2, "globex": 1}
        bump_generation(None)
        assert dict(Tenant.objects.values_list("slug", "generation")) == {"acme": 3, "globex": 2}
