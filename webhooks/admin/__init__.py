"""The pages of webhooks: what services tell us, what becomes of it, and whom we tell."""

from webhooks.admin import deliveries, events, overview, routes, runs, sources, subscriptions

__all__ = ["deliveries", "events", "overview", "routes", "runs", "sources", "subscriptions"]
