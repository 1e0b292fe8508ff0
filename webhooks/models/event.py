from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from webhooks.models.source import WebhookSource


class EventStatus(models.TextChoices):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """It was accepted before, as `duplicate_of`."""
    REJECTED = "rejected"
    """`reason` says why."""
    CHALLENGE = "challenge"
    """A handshake, which was answered."""


class Routing(models.TextChoices):
    NONE = ""
    """It is not to be routed."""
    WAITING = "waiting"
    HELD = "held"
    """Its source is paused."""
    ROUTED = "routed"
    UNROUTED = "unrouted"
    """No route matched, or it could not be routed: `detail` says why."""


class Origin(models.TextChoices):
    SENDER = "sender"
    TEST = "test"
    """Somebody sent it from a page, to try."""


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def unrouted(self) -> "WebhookEventQuerySet":
        """Those that nobody has looked for routes for yet."""
        return self.filter(routing=Routing.WAITING)

    def replayable(self) -> "WebhookEventQuerySet":
        """Those that were accepted and routed, and are still kept whole."""
        return self.filter(status=EventStatus.ACCEPTED, routing__in=(Routing.ROUTED, Routing.UNROUTED), emptied_at=None)


class WebhookEvent(models.Model):
    """One request that came to a source, whatever became of it.

    Head and body are kept as they came, sealed; `payload` is the body as it may be shown and searched.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    source = models.ForeignKey(
        WebhookSource, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    received_at = models.DateTimeField()
    status = models.CharField(max_length=16, choices=EventStatus.choices)
    reason = models.CharField(max_length=64, blank=True, help_text="Why it was refused, in a word.")
    detail = models.TextField(blank=True, help_text="The same in a sentence.")
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.SENDER)
    method = models.CharField(max_length=16)
    address = models.CharField(max_length=64, blank=True, help_text="Where it came from.")
    content_type = models.CharField(max_length=200, blank=True)
    body_bytes = models.PositiveIntegerField(default=0)
    sealed_head = models.BinaryField(null=True, editable=False, help_text="Sealed: URL and headers, as JSON.")
    sealed_body = models.BinaryField(null=True, editable=False, help_text="Sealed: the bytes as they came.")
    external_id = models.CharField(max_length=300, blank=True, help_text="The provider's own id of the event.")
    event_type = models.CharField(max_length=200, blank=True)
    dedup_key = models.BinaryField(null=True, editable=False, help_text="SHA-256 of what makes it the same event.")
    once_key = models.BinaryField(null=True, editable=False, help_text="SHA-256 of what may be used once only.")
    duplicate_of = models.UUIDField(null=True, editable=False)
    verdict = models.JSONField(default=dict, help_text="What verification found out at receipt.")
    routing = models.CharField(max_length=16, choices=Routing.choices, default=Routing.NONE, blank=True)
    routed_at = models.DateTimeField(null=True, editable=False)
    routing_failures = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="How often routing it ended in an error nobody foresaw."
    )
    matches = models.JSONField(default=list, help_text="Each route that was looked at, and why it matched or not.")
    payload = models.JSONField(null=True, help_text="The body as JSON, redacted; null: too large, or no JSON.")
    count = models.PositiveIntegerField(default=1, help_text="How many refusals of a flood it stands for.")
    emptied_at = models.DateTimeField(null=True, editable=False, help_text="When what came was removed.")

    objects = TenantManager.from_queryset(WebhookEventQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "dedup_key"], condition=Q(status="accepted"), name="webhook_event_once"
            ),
            models.UniqueConstraint(
                fields=["source", "once_key"],
                condition=Q(status="accepted", once_key__isnull=False),
                name="webhook_event_key_once",
            ),
            models.CheckConstraint(condition=Q(status__in=EventStatus.values), name="webhook_event_status_known"),
            models.CheckConstraint(condition=Q(routing__in=Routing.values), name="webhook_event_routing_known"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="webhook_event_by_tenant"),
            models.Index(fields=["tenant", "source", "-id"], include=["status"], name="webhook_event_by_source"),
            models.Index(
                fields=["tenant", "external_id"], condition=~Q(external_id=""), name="webhook_event_by_external"
            ),
            models.Index(fields=["tenant", "id"], condition=Q(routing="waiting"), name="webhook_event_to_route"),
            models.Index(fields=["source", "id"], condition=Q(routing="held"), name="webhook_event_held"),
            models.Index(fields=["source", "id"], condition=Q(routing="waiting"), name="webhook_event_in_turn"),
            models.Index(fields=["source", "id"], condition=Q(emptied_at=None), name="webhook_event_to_empty"),
            models.Index(
                fields=["duplicate_of", "id"], condition=Q(duplicate_of__isnull=False), name="webhook_event_duplicates"
            ),
            models.Index(fields=["tenant", "-id"], condition=Q(status="rejected"), name="webhook_event_rejected"),
            models.Index(fields=["tenant", "-id"], condition=Q(routing="unrouted"), name="webhook_event_unrouted"),
            models.Index(
                fields=["tenant", "-id"],
                condition=Q(count__gt=1),
                include=["source", "status", "count"],
                name="webhook_event_floods",
            ),
        ]

    def __str__(self) -> str:
        return self.event_type or self.status
