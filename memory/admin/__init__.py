"""The pages of memory: what is remembered, how it is found, and what becomes of it."""

from memory.admin import memories

__all__ = ["memories"]
