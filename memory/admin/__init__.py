"""The pages of memory: what is remembered, how it is found, and what becomes of it."""

from memory.admin import imports, memories, search_page

__all__ = ["imports", "memories", "search_page"]
