"""A regular expression that somebody wrote, on the engine of linear time: nothing it meets can make it hang.

There is no look-around and no back-reference. The engine is the one that schemas use; it says whether, not where.
"""

from dataclasses import dataclass
from functools import lru_cache

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

LONGEST_PATTERN = 500
# Compiled, which bounds what a pattern costs for each letter it meets: `(a{1,99}){1,99}` would be long.
_OPTIONS = RegexOptions(size_limit=500_000, dfa_size_limit=2_000_000)


class BadPattern(ValueError):
    """A pattern that cannot be used. Its text is a sentence that says why."""


@dataclass(frozen=True, eq=False)
class Pattern:
    _validator: Draft202012Validator

    def matches(self, text: str) -> bool:
        """Whether it is found anywhere in the text."""
        return self._validator.is_valid(text)


@lru_cache(maxsize=500)
def compile_pattern(pattern: str) -> Pattern:
    """Raises BadPattern."""
    if not 0 < len(pattern) <= LONGEST_PATTERN:
        raise BadPattern(f"Give a regular expression of 1 to {LONGEST_PATTERN} characters.")
    try:
        return Pattern(Draft202012Validator({"pattern": pattern}, pattern_options=_OPTIONS))
    except ValidationError as error:
        raise BadPattern(
            "This is no regular expression that can be used here: look-around and back-references are left out, and "
            "counted repetitions may not be large."
        ) from error
