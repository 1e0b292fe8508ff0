"""Keeping an answer to so many tokens: by whole hits, from the best on. The first one is always there, if cut."""

from collections.abc import Sequence
from dataclasses import replace

from memory.search.shown import shown_hit
from memory.search.types import Hit, SearchRequest
from registry.shaping.budget import fit
from registry.shaping.weight import tokens_of

_LONG = ("content", "metadata")
"""What a hit may be cut in: a text tells how many characters are left out, an object loses its last fields."""


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
        kept = [_cut(hits[0], request, most)]
        used = tokens_of(shown_hit(kept[0], request))
        return tuple(kept), used, True
    return tuple(kept), used, len(kept) < len(hits)


def _cut(hit: Hit, request: SearchRequest, most: int) -> Hit:
    told = shown_hit(hit, request)
    long = {name: told[name] for name in _LONG if name in told}
    rest = tokens_of({name: value for name, value in told.items() if name not in long})
    # However little there is, a text keeps a mark that it was cut.
    fitted = fit(long, max(most - rest, 1)).value
    marks = {"content": "…", "metadata": {}}
    return replace(hit, shortened={name: fitted.get(name, marks[name]) for name in long})
