"""Full text as PostgreSQL has it: a question's words, brought to their stems, and which memories have them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQueryField
from django.db import connection
from django.db.models import BooleanField, F, FloatField, Func, Value
from django.db.models.functions import Cast

from memory.models.memory import SEARCH_LANGUAGE
from memory.search.limits import MOST_LEXEMES, MOST_SIGNS

_EXCLUDED = re.compile(r'(?<!\S)-(?:"[^"]+"|[^\W\d_]\S*)')
_PHRASE = re.compile(r'"[^"]+"')
_READ = """
    SELECT ARRAY(SELECT lexeme FROM unnest(to_tsvector(%(language)s::regconfig, %(text)s))),
           websearch_to_tsquery(%(language)s::regconfig, %(signs)s)::text
"""


@dataclass(frozen=True)
class Question:
    """What a question asks of full text."""

    lexemes: tuple[str, ...] = ()
    """Stems of its words, without those that say little. A memory that has one of them answers."""
    required: str = ""
    """As a tsquery: what memories have to say, and not to say, for quotes and minus signs."""


def read_question(text: str) -> Question:
    """One query. `"exactly this"` has to be there as it is, `-this` must not be there."""
    excluded = _EXCLUDED.findall(text)
    wanted = _EXCLUDED.sub(" ", text)
    signs = " ".join([*excluded, *_PHRASE.findall(wanted)][:MOST_SIGNS])
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"language": SEARCH_LANGUAGE, "text": wanted, "signs": signs})
        lexemes, required = cursor.fetchone()
    # Of too many the longest, which are the rarest on the whole.
    return Question(tuple(sorted(lexemes, key=lambda lexeme: (-len(lexeme), lexeme))[:MOST_LEXEMES]), required)


def any_of(lexemes: Iterable[str]) -> str:
    """As a tsquery."""
    quoted = (lexeme.replace("\\", "\\\\").replace("'", "''") for lexeme in lexemes)
    return " | ".join(f"'{lexeme}'" for lexeme in quoted)


def matches(query: str, column: str = "words") -> Func:
    """Whether the words there answer a tsquery."""
    return Func(F(column), _cast(query), template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())


def has_each(lexemes: Sequence[str]) -> Func:
    """An array: whether the words there have the first one, the second, and so on."""
    has = [matches(any_of([lexeme])) for lexeme in lexemes]
    return Func(*has, template="ARRAY[%(expressions)s]", output_field=ArrayField(BooleanField()))


def rank(query: str) -> Func:
    """PostgreSQL's `ts_rank`: how many of the words are there, and how often."""
    return Func(F("words"), _cast(query), function="ts_rank", output_field=FloatField())


def _cast(query: str) -> Cast:
    return Cast(Value(query), SearchQueryField())
