"""Which memories are meant: the filter of lists, and of what is deleted or purged together."""

from collections.abc import Mapping
from typing import Any

from memory.answers.reading import Readers, a_moment, a_text, one_of, read_fields_of, texts
from memory.find import Which
from memory.limits import LONGEST_END_USER, LONGEST_KIND, LONGEST_TAG, MOST_TAGS
from memory.models import Trust
from memory.namespaces import read_subtree
from memory.search.conditions import read_condition
from memory.search.matching import as_q


def _subtree(value: Any) -> str:
    return read_subtree(a_text(10_000)(value), path="")


def _where(value: Any) -> Any:
    return as_q(read_condition(value, path="$"))


READERS: Readers = {
    "namespace": _subtree,
    "kind": a_text(LONGEST_KIND),
    "tags": texts(MOST_TAGS, LONGEST_TAG),
    "end_user": a_text(LONGEST_END_USER),
    "trust": one_of(Trust.values),
    "where": _where,
    "valid_at": a_moment,
}


def read_filter(given: Any, *, path: str = "$.filter") -> Which:
    """Raises Invalid with every fault."""
    return as_which(read_fields_of(given, READERS, path=path))


def as_which(read: Mapping[str, Any]) -> Which:
    """Of what `READERS` have read."""
    which: Which = {}
    for name in READERS.keys() & read.keys():
        which["subtree" if name == "namespace" else name] = read[name]  # type: ignore[literal-required]
    return which
