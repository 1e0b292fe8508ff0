from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class RekeyingState(models.TextChoices):
    RUNNING = "running"
    """Values are being sealed anew."""
    SETTLING = "settling"
    """All are, and the old key is kept until nobody can need it."""
    STUCK = "stuck"
    """Some do not open with the old key either: a person decides."""
    DONE = "done"
    """The old key is destroyed."""


class RekeyingQuerySet(models.QuerySet["Rekeying"]):
    def unfinished(self) -> "RekeyingQuerySet":
        return self.exclude(state=RekeyingState.DONE)

    def due(self, at: datetime) -> "RekeyingQuerySet":
        """Those that any process may go on with."""
        return self.unfinished().exclude(state=RekeyingState.STUCK).filter(due_at__lte=at)


class Rekeying(models.Model):
    """A new version of a tenant's data key takes the place of those before: how far it has come."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    from_version = models.PositiveIntegerField()
    to_version = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=RekeyingState.choices, default=RekeyingState.RUNNING)
    place = models.CharField(max_length=120, blank=True, help_text="The last place that this pass is through with.")
    pass_at = models.DateTimeField(help_text="When this pass began.")
    after = models.UUIDField(null=True, help_text="The last row that this pass has seen in the next place.")
    done = models.PositiveBigIntegerField(default=0, help_text="Values sealed anew.")
    total = models.PositiveBigIntegerField(null=True, help_text="Values there were to seal anew when it began.")
    broken = models.PositiveBigIntegerField(default=0, help_text="Values of this pass that did not open.")
    gives_up = models.BooleanField(default=False, help_text="What does not open is given up with the old key.")
    asked_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(null=True, help_text="When a value was sealed anew last.")
    due_at = models.DateTimeField(help_text="Nobody goes on before.")
    finished_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(RekeyingQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant"], condition=~Q(state="done"), name="rekeying_one_at_a_time"),
            models.CheckConstraint(condition=Q(state__in=RekeyingState.values), name="rekeying_state_known"),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="rekeying_by_tenant")]

    def __str__(self) -> str:
        return f"version {self.from_version} to {self.to_version}"

    @property
    def told(self) -> str:
        """What it is at, in a sentence."""
        if self.state == RekeyingState.SETTLING:
            return f"The old key is kept until {self.due_at:%Y-%m-%d %H:%M:%S} UTC at least: somebody may need it."
        if self.state == RekeyingState.STUCK:
            return f"{self.broken:,} values do not open with the old key either, so it is kept."
        return "The old key is destroyed." if self.state == RekeyingState.DONE else "It goes on."

    def begin_pass(self, at: datetime) -> None:
        """Go through all places once more."""
        self.state, self.pass_at, self.due_at = RekeyingState.RUNNING, at, at
        self.place, self.after, self.broken = "", None, 0
