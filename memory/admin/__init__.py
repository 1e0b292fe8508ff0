"""The pages of memory: what is remembered, how it is found, and what becomes of it."""

from memory.admin import erasures, imports, memories, models_page, overview, rules, search_page

__all__ = ["erasures", "imports", "memories", "models_page", "overview", "rules", "search_page"]
