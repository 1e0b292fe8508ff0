"""The admin pages of floor 2: the vault, and connecting outside services."""

from integrations.admin import connect, connect_link, oauth_app, vault

__all__ = ["connect", "connect_link", "oauth_app", "vault"]
