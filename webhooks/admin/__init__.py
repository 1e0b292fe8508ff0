"""The pages of webhooks: what services tell us, what becomes of it, and whom we tell."""

from webhooks.admin import events, routes, runs, sources

__all__ = ["events", "routes", "runs", "sources"]
