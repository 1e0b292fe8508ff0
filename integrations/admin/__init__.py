"""The admin pages of floor 2: the vault."""

from integrations.admin import vault

__all__ = ["vault"]
