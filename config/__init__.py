"""The roof: settings, urls, asgi, celery and the supervisor. It wires everything and holds no rules."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
