"""The admin pages of floor 2: connecting outside services, importing what they offer, and the vault."""

from integrations.admin import connect, connect_link, imports, oauth_app, vault

__all__ = ["connect", "connect_link", "imports", "oauth_app", "vault"]
