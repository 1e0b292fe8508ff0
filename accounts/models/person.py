from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Lower

from accounts.ids import new_id
from accounts.models.tenant import Tenant
from accounts.roles import Role, role_has_perm
from accounts.tenancy import TenantManager


class Person(AbstractBaseUser):
    """Somebody who signs in: a Django user with a role in one tenant."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="people")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    is_active = models.BooleanField(default=True)
    is_platform_owner = models.BooleanField(
        default=False, help_text="Runs the installation: sees every tenant and changes shared tools."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = TenantManager["Person"]()

    class Meta:
        ordering = ["email"]
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="person_email_lower"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="person_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Everyone with an account may open the admin site; what they may do there is their role's."""
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.is_platform_owner

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and (self.is_platform_owner or role_has_perm(Role(self.role), perm))

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active
