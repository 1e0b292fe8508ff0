"""Whose memories a word of `manage.py memory` is about."""

from accounts.errors import NotFound
from accounts.models import Tenant
from accounts.tenancy import platform


def tenant_named(slug: str) -> Tenant:
    """Raises NotFound."""
    with platform():
        tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFound(f"There is no tenant `{slug}`.")
    return tenant
