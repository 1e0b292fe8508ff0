"""What waits in a queue of PostgreSQL: an inbound event's run, or an outbound delivery."""

from django.db import models

from accounts.ids import new_id


class QueueStatus(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    """Somebody has it, until its lease ends."""
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    """Given up: a dead letter, until somebody redrives it."""
    CANCELLED = "cancelled"


UNENDED = (QueueStatus.WAITING, QueueStatus.RUNNING)


class Cause(models.TextChoices):
    """Whose matter a dead letter is."""

    SENDER = "sender"
    """What came does not suit the route: its mapping or the tool's input."""
    OURS = "ours"
    """A fault or an absence on our side."""
    TOOL = "tool"
    """The tool's service failed, refused, or left its outcome unknown."""
    POLICY = "policy"
    """A rule, a limit or a switch of the tenant's own."""
    RECEIVER = "receiver"
    """Whoever is to be told by a delivery does not take it."""


class Queued(models.Model):
    """One piece of work. `webhooks/queue/` takes it, and puts it back until it has an outcome."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(max_length=16, choices=QueueStatus.choices, default=QueueStatus.WAITING)
    attempts = models.PositiveIntegerField(default=0, help_text="Those that have ended.")
    due_at = models.DateTimeField(
        null=True, help_text="Not before; null: it waits for an earlier one of its order key to end."
    )
    lease_until = models.DateTimeField(null=True, editable=False)
    taken = models.PositiveIntegerField(default=0, help_text="How often somebody took it: the fencing number.")
    taken_at = models.DateTimeField(null=True, editable=False, help_text="When somebody last took it.")
    lost = models.PositiveSmallIntegerField(default=0, help_text="How many holders let their lease end.")
    cause = models.CharField(max_length=16, choices=Cause.choices, blank=True)
    code = models.CharField(max_length=64, blank=True, help_text="The last error's code.")
    detail = models.TextField(blank=True, help_text="The last error in a sentence.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
