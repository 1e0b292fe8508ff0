"""What may become of a call before it is sent: the words of permission rules, of tenants' defaults and of `permit`."""

from django.db import models


class Decision(models.TextChoices):
    ALLOW = "allow"
    ASK = "ask"
    """A person decides; the call waits."""
    DENY = "deny"
