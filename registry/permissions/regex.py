"""How much of a text the patterns of a rule look at."""

from integrations.patterns import Pattern

LONGEST_TEXT = 100_000
"""Characters: linear is not yet quick."""


class TooLong(ValueError):
    """The text is longer than LONGEST_TEXT."""


def finds(pattern: Pattern, text: str) -> bool:
    """Whether it occurs anywhere in the text. Raises TooLong."""
    if len(text) > LONGEST_TEXT:
        raise TooLong
    return pattern.finds(text)
