"""Keeping an answer to so many tokens: by whole hits, from the best on. The first one is always there, if cut."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from memory.search.shown import shown_hit
from memory.search.types import Hit, SearchRequest
from registry.shaping.budget import fit
from registry.shaping.weight import tokens_of

_LONG = ("content", "metadata")
"""What a hit may be cut in: a text tells how many characters are left out, an object loses its last fields."""
_LAST = frozenset({"id", "content", "trust", "score", "similarity"})
"""What is left of a hit where nothing else has room: FEWEST_TOKENS hold it, with the beginning of a text."""
_MARKS: Mapping[str, object] = {"content": "…", "metadata": {}}


def keep_to(hits: Sequence[Hit], request: SearchRequest) -> tuple[tuple[Hit, ...], int, bool]:
    """The hits that fit, about how many tokens they take, and whether anything was left out."""
    most = request.max_tokens
    kept: list[Hit] = []
    used = 0
    for hit in hits:
        tokens = tokens_of(shown_hit(hit, request))
        if most is not None and used + tokens > most:
            break
        kept.append(hit)
        used += tokens
    if most is not None and hits and not kept:
        first = _cut(hits[0], request, most)
        return (first,), tokens_of(shown_hit(first, request)), True
    return tuple(kept), used, len(kept) < len(hits)


def _cut(hit: Hit, request: SearchRequest, most: int) -> Hit:
    """With all its fields, where they leave room for the beginning of its content."""
    cut = _shortened(hit, request, most)
    told = shown_hit(cut, request)
    if tokens_of(told) <= most and told.get("content") != _MARKS["content"]:
        return cut
    return _shortened(replace(hit, left=_LAST), request, most)


def _shortened(hit: Hit, request: SearchRequest, most: int) -> Hit:
    told = shown_hit(hit, request)
    long = {name: told[name] for name in _LONG if name in told}
    rest = tokens_of({name: value for name, value in told.items() if name not in long})
    fitted = fit(long, max(most - rest, 1)).value
    return replace(hit, shortened={name: fitted.get(name, _MARKS[name]) for name in long})
