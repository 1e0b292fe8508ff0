"""Regular expressions of tenants, in the engine that cannot be made to hang: the Rust one inside jsonschema-rs."""

from functools import lru_cache

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

LONGEST_PATTERN = 1_000
LONGEST_TEXT = 100_000
"""Characters that are looked at: linear is not yet quick."""

_OPTIONS = RegexOptions(size_limit=500_000, dfa_size_limit=500_000)


class BadPattern(ValueError):
    """Its text is a sentence that says what would be right."""


class TooLong(ValueError):
    """The text is longer than LONGEST_TEXT."""


class Pattern:
    def __init__(self, source: str) -> None:
        self._schema = Draft202012Validator({"pattern": source}, pattern_options=_OPTIONS)

    def finds(self, text: str) -> bool:
        """Whether it occurs anywhere in the text. Raises TooLong."""
        if len(text) > LONGEST_TEXT:
            raise TooLong
        return self._schema.is_valid(text)


@lru_cache(maxsize=2_000)
def read_pattern(source: str) -> Pattern:
    """Raises BadPattern."""
    if len(source) > LONGEST_PATTERN:
        raise BadPattern(f"This is longer than {LONGEST_PATTERN:,} characters. Shorten it.")
    try:
        return Pattern(source)
    except (ValidationError, ValueError) as error:
        raise BadPattern(
            "This is not a regular expression that can be used: check its brackets; look-around and back references "
            "are not possible, and it may not grow too large."
        ) from error
