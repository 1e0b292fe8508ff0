"""The ASGI application: `/api/` by its short way, pages by Django's, websockets by Channels."""

import os

from django import setup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
setup(set_prefix=False)

from config.application import application  # noqa: E402  Django has to be set up first

__all__ = ["application"]
