"""Any service that answers `POST …/embeddings` as OpenAI's does, through the one door out."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.api.parsing import read_json
from accounts.errors import Invalid, Malformed, QuartermasterError
from integrations.connections.words import quoting, words
from integrations.egress import EgressRequest, EgressResponse, EgressRules, send
from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.key import THE_INSTALLATION, with_key
from integrations.embedding.vectors import checked, unit
from integrations.errors import EmbedderRefused, EmbedderUnavailable, UpstreamFailure

PREFIX = "openai:"
MOST_DIMENSIONS = 4_000
"""What an index of halfvec takes."""
MOST_TEXTS = 256
"""Of one request."""
MOST_CHARACTERS = 250_000
"""The same: services count the tokens of a request, too."""
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
TIMEOUT_SECONDS = 60.0
BYTES_OF_A_NUMBER = 40
"""As JSON, with room to spare."""
OTHER_BYTES = 200_000
COMPLAINTS = ("error.message", "message", "detail")
IN_PLACE_OF_NOTHING = "."
"""Services refuse empty texts."""
_MAY_PASS = frozenset({408, 409, 425, 429})
_OF_TEXTS = frozenset({400, 413, 422})
"""What a text that is refused is answered with. All else is refused whatever the text."""

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    url: str
    """Up to `/v1`; what is behind it is ours to add."""
    model: str
    dimensions: int
    is_shortened: bool = False
    """Whether the service is asked for so many numbers, of models that can give fewer than they have."""
    longest_text: int = 8_000
    """Characters of a text that are sent."""
    key_file: str = ""
    connection: str = ""

    @property
    def model_id(self) -> str:
        return f"{PREFIX}{self.model}@{self.dimensions}" if self.is_shortened else f"{PREFIX}{self.model}"

    @property
    def address(self) -> str:
        return f"{self.url.rstrip('/')}/embeddings"


class NoService(ValueError):
    """The settings do not name a service; the message says what lacks."""


def configured() -> Service:
    """Raises NoService."""
    if not settings.EMBEDDER_MODEL:
        raise NoService("EMBEDDER_MODEL is empty: name the model as the service does.")
    if not 1 <= settings.EMBEDDER_DIMENSIONS <= MOST_DIMENSIONS:
        raise NoService(f"EMBEDDER_DIMENSIONS is what the model's vectors have: 1 to {MOST_DIMENSIONS} numbers.")
    if settings.EMBEDDER_MAX_CHARACTERS < 1:
        raise NoService("EMBEDDER_MAX_CHARACTERS is at least 1.")
    if settings.EMBEDDER_API_KEY_FILE and settings.EMBEDDER_CONNECTION:
        raise NoService("The key is either in EMBEDDER_API_KEY_FILE or in EMBEDDER_CONNECTION.")
    return Service(
        url=settings.EMBEDDER_URL,
        model=settings.EMBEDDER_MODEL,
        dimensions=settings.EMBEDDER_DIMENSIONS,
        is_shortened=settings.EMBEDDER_SHORTEN,
        longest_text=settings.EMBEDDER_MAX_CHARACTERS,
        key_file=settings.EMBEDDER_API_KEY_FILE,
        connection=settings.EMBEDDER_CONNECTION,
    )


class Compatible:
    def __init__(self, service: Service, *, pause: Pause = asyncio.sleep) -> None:
        self._service = service
        self._pause = pause

    @property
    def facts(self) -> ModelFacts:
        return ModelFacts(
            id=self._service.model_id,
            dimensions=self._service.dimensions,
            note=f"The model {self._service.model} of an outside service, which sees every text.",
        )

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        found: list[Vector] = []
        for part in self._parts(texts):
            found += await self._ask(part)
        return found

    def _parts(self, texts: Sequence[str]) -> Iterator[list[str]]:
        part: list[str] = []
        characters = 0
        for text in texts:
            sent = self._sent(text)
            if part and (len(part) == MOST_TEXTS or characters + len(sent) > MOST_CHARACTERS):
                yield part
                part, characters = [], 0
            part.append(sent)
            characters += len(sent)
        if part:
            yield part

    def _sent(self, text: str) -> str:
        """The beginning, as UTF-8 can say it."""
        cut = text[: self._service.longest_text].encode("utf-8", "replace").decode("utf-8")
        return cut if cut.strip() else IN_PLACE_OF_NOTHING

    async def _ask(self, texts: list[str]) -> list[Vector]:
        """Several times where that may help."""
        failure = EmbedderUnavailable()
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._pause(_pause_before(attempt, failure.retry_after))
            try:
                return await self._ask_once(texts)
            except EmbedderUnavailable as error:
                failure = error
        raise failure

    async def _ask_once(self, texts: list[str]) -> list[Vector]:
        service = self._service
        rules = EgressRules(
            tenant_slug=THE_INSTALLATION,
            timeout_seconds=TIMEOUT_SECONDS,
            max_response_bytes=len(texts) * service.dimensions * BYTES_OF_A_NUMBER + OTHER_BYTES,
            max_redirects=0,
        )
        try:
            request, rules = await with_key(
                self._request(texts), rules, file=service.key_file, connection=service.connection
            )
            response = await send(request, rules=rules)
        except EmbedderRefused:
            raise
        except QuartermasterError as error:
            raise _translated(error) from error
        if response.status != 200:
            raise _complaint(response, request.secrets)
        return await asyncio.to_thread(_vectors, response.body, len(texts), service.dimensions)

    def _request(self, texts: list[str]) -> EgressRequest:
        asked: dict[str, object] = {"model": self._service.model, "input": texts}
        if self._service.is_shortened:
            asked["dimensions"] = self._service.dimensions
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return EgressRequest("POST", self._service.address, headers, json.dumps(asked).encode())


def _pause_before(attempt: int, retry_after: float | None) -> float:
    """As long as the service said, else twice as long each time; and a little more, so that not all come at once."""
    pause = FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1) if retry_after is None else retry_after
    return min(pause, LONGEST_PAUSE_SECONDS) * random.uniform(1, 1.2)  # noqa: S311 - to spread them, no secret


def _translated(error: QuartermasterError) -> QuartermasterError:
    if isinstance(error, UpstreamFailure) and error.retryable:
        return EmbedderUnavailable(f"The embedding service cannot be asked. {error.message}")
    if error.retryable:
        return EmbedderUnavailable(error.message)
    return EmbedderRefused(error.message, takes_nothing=True)


def _complaint(response: EgressResponse, secrets: Sequence[str]) -> QuartermasterError:
    said = quoting(words(response, *COMPLAINTS, secrets=secrets))
    if response.status in _MAY_PASS or response.status >= 500:
        waiting = response.headers.get("Retry-After", "")
        return EmbedderUnavailable(
            f"The embedding service answered {response.status}. {said}",
            retry_after=float(waiting) if waiting.isascii() and waiting.isdecimal() else None,
        )
    message = f"The embedding service answered {response.status}. {said}"
    return EmbedderRefused(message, takes_nothing=response.status not in _OF_TEXTS)


def _vectors(body: bytes, count: int, dimensions: int) -> list[Vector]:
    """In the order of the texts. Raises EmbedderRefused for what are no such vectors."""
    try:
        rows = _rows(read_json(body), count)
        return [unit(checked(rows[index], dimensions, path=f"$.data[{index}].embedding")) for index in range(count)]
    except Malformed:
        raise EmbedderRefused("The embedding service's answer is not JSON.", takes_nothing=True) from None
    except Invalid as error:
        (fault,) = error.faults
        raise EmbedderRefused(f"The embedding service's answer is unusable at {fault.path}. {fault.message}") from None


def _rows(answer: Any, count: int) -> Mapping[int, object]:
    """The embeddings by their index: services may answer in any order, and must not leave one out."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        message = "The embedding service's answer has no list `data`. Is EMBEDDER_URL right?"
        raise EmbedderRefused(message, takes_nothing=True)
    indexes = [row.get("index") for row in data]
    if sorted(index for index in indexes if type(index) is int) != list(range(count)) or len(data) != count:
        raise EmbedderRefused(f"The embedding service was sent {count} texts, and its answer is not for each of them.")
    return {row["index"]: row.get("embedding") for row in data}
