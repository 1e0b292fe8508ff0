"""Searching memories."""

from typing import Any

from memory.answers.types import Answer, Asker
from memory.search.read import read_request
from memory.search.recall import search_for
from memory.search.shown import shown_answer


async def search(asker: Asker, asked: Any) -> Answer:
    """`asked`: see `memory/search/read.py`."""
    request = read_request(asked)
    found = await search_for(tenant_id=asker.tenant_id, by=asker.by, request=request)
    return Answer(shown_answer(found, request))
