"""The pages of webhooks: what services tell us, what becomes of it, and whom we tell."""

from webhooks.admin import events, routes, sources

__all__ = ["events", "routes", "sources"]
