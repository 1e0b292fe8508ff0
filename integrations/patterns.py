"""A regular expression that somebody wrote, on the engine of linear time: nothing it meets can make it hang.

There is no look-around and no back-reference. The engine is the Rust one inside jsonschema-rs, which schemas use, too.
It says whether, not where.
"""

from dataclasses import dataclass
from functools import lru_cache

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

LONGEST_PATTERN = 1_000
# Compiled, which bounds what a pattern costs for each letter it meets: `(a{1,99}){1,99}` would be long.
PATTERN_OPTIONS = RegexOptions(size_limit=500_000, dfa_size_limit=500_000)


class BadPattern(ValueError):
    """A pattern that cannot be used. Its text is a sentence that says what would be right."""


@dataclass(frozen=True, eq=False)
class Pattern:
    _validator: Draft202012Validator

    def finds(self, text: str) -> bool:
        """Whether it occurs anywhere in the text."""
        return self._validator.is_valid(text)


@lru_cache(maxsize=2_000)
def read_pattern(source: str) -> Pattern:
    """Raises BadPattern."""
    if not 0 < len(source) <= LONGEST_PATTERN:
        raise BadPattern(f"Give a regular expression of 1 to {LONGEST_PATTERN:,} characters.")
    try:
        return Pattern(Draft202012Validator({"pattern": source}, pattern_options=PATTERN_OPTIONS))
    except (ValidationError, ValueError) as error:
        raise BadPattern(
            "This is no regular expression that can be used here: check its brackets. Look-around and back-references "
            "are left out, and counted repetitions may not be large."
        ) from error


def read_whole_pattern(source: str) -> Pattern:
    """One that finds a text only as a whole. Raises BadPattern."""
    return read_pattern(f"^(?:{source})$")
