"""The pages of webhooks: what services tell us, what becomes of it, and whom we tell."""

from webhooks.admin import events, sources

__all__ = ["events", "sources"]
