from django.db import models


class HealthStatus(models.TextChoices):
    UNKNOWN = "unknown"
    """No heartbeat and no probe yet."""
    HEALTHY = "healthy"
    STALE = "stale"
    """No heartbeat for longer than the tool's `stale_after_seconds`."""
    FAILING = "failing"
    """Its health endpoint did not answer with success."""
