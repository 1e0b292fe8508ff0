from django.db import models

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.tenancy import TenantManager


class Batch(models.Model):
    """What an idempotency key was used for by a batch of calls. Its id is the `parent_id` of their executions.

    A batch without a key has no row: its executions say all there is to say.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # As of an execution: no foreign keys in the database.
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    agent = models.ForeignKey(
        Agent, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    idempotency_key = models.CharField(max_length=200)
    request_digest = models.BinaryField(max_length=32, help_text="Of what the key was used for.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["Batch"]()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agent", "idempotency_key"], nulls_distinct=False, name="batch_key_once"
            ),
        ]

    def __str__(self) -> str:
        return self.idempotency_key
