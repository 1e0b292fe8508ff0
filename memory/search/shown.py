"""An answer as it is shown, by every door alike."""

from typing import Any

from memory.search.types import Answer, Hit, How, Part, SearchRequest
from memory.shown import FIELDS, shown

HIT_FIELDS = tuple(sorted(FIELDS))
"""What a request may select. A hit's `id`, `score` and `similarity` are always shown."""


def shown_answer(answer: Answer, request: SearchRequest) -> dict[str, Any]:
    return {
        "results": [shown_hit(hit, request) for hit in answer.hits],
        "how": shown_how(answer.how),
        "tokens": answer.tokens,
        "truncated": answer.truncated,
    }


def shown_hit(hit: Hit, request: SearchRequest) -> dict[str, Any]:
    told = shown(hit.memory, embedding=hit.embedding, fields=request.fields) | dict(hit.shortened)
    told |= {"score": round(hit.score, 6), "similarity": _rounded(hit.similarity)}
    if request.explain:
        told["explanation"] = [_shown_part(part) for part in hit.parts]
    return told if hit.left is None else {name: value for name, value in told.items() if name in hit.left}


def shown_how(how: How) -> dict[str, Any]:
    return {
        "mode": str(how.mode),
        "route": str(how.route),
        "index": how.index,
        "scanned": how.scanned,
        "model": how.model,
        "fell_back": how.fell_back,
        "degraded": how.degraded,
    }


def _shown_part(part: Part) -> dict[str, Any]:
    told = {"list": str(part.arm), "rank": part.rank, "value": round(part.value, 6), "adds": round(part.adds, 6)}
    return told if part.via is None else {**told, "via": str(part.via)}


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
