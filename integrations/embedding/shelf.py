"""The embedders by name, and the one that the operator chose."""

import logging
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from integrations.embedding import compatible
from integrations.embedding.base import Embedder
from integrations.embedding.compatible import Compatible, NoService
from integrations.embedding.host.client import Hosted
from integrations.embedding.lexical_hash import MODEL_ID as LEXICAL
from integrations.embedding.lexical_hash import LexicalHash
from integrations.embedding.minilm.facts import FACTS as MINILM_FACTS
from integrations.embedding.minilm.facts import MODEL_ID as MINILM
from integrations.embedding.minilm.files import ModelUnusable, find_files

AUTO, OPENAI = "auto", "openai"
CHOICES = (AUTO, MINILM, LEXICAL, OPENAI)

log = logging.getLogger(__name__)


def embedder_named(model_id: str) -> Embedder | None:
    """The one whose vectors carry this id, or None where this installation cannot make such vectors (any more)."""
    if model_id == LEXICAL:
        return LexicalHash()
    if model_id == MINILM:
        return Hosted(MINILM_FACTS)
    try:
        service = Compatible(compatible.configured())
    except NoService:
        return None
    return service if service.facts.id == model_id else None


def chosen_embedder() -> Embedder:
    """What EMBEDDER names. `auto` is looked at anew each time: what is installed meanwhile is used from then on."""
    name = settings.EMBEDDER
    if name == AUTO:
        return _best()
    if name == LEXICAL:
        return LexicalHash()
    if name == MINILM:
        return Hosted(MINILM_FACTS)
    if name == OPENAI:
        try:
            return Compatible(compatible.configured())
        except NoService as error:
            raise ImproperlyConfigured(str(error)) from None
    raise ImproperlyConfigured(f"EMBEDDER is one of {', '.join(CHOICES)}, not {name}.")


def _best() -> Embedder:
    try:
        find_files()
    except ModelUnusable as error:
        _tell_once(str(error))
        return LexicalHash()
    return Hosted(MINILM_FACTS)


@lru_cache(maxsize=8)
def _tell_once(why: str) -> None:
    log.warning(
        "Texts are compared by their words (%s), not by their meaning: %s", LEXICAL, why, extra={"action": "fallback"}
    )
