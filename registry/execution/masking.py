"""Masking the parts of an answer on their way to the caller: what is secret may be split over any number of them."""

from collections import deque
from collections.abc import Iterator, Sequence

from integrations.redaction import ItemRedactor, KnownSecrets, Rules, StreamRedactor
from registry.transports.base import Chunk


class Masking:
    """One stream's. Parts come out in the order they went in; one that may hold the beginning of a secret waits."""

    def __init__(self, secrets: Sequence[str], rules: Rules) -> None:
        self._secrets = KnownSecrets(secrets)
        self._rules = rules
        self._has_nothing_to_do = rules.keeps_all and not secrets
        self._text: StreamRedactor | None = None
        self._items: ItemRedactor | None = None
        self._events: deque[str] = deque()

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        """What may be told now; perhaps nothing, perhaps several."""
        if self._has_nothing_to_do:
            yield chunk
        elif chunk.goes_on:
            yield from self._finish_items()
            self._text = self._text or StreamRedactor(self._secrets, rules=self._rules)
            yield from self._of_text(self._text.feed(chunk.data))
        else:
            yield from self._finish_text()
            self._items = self._items or ItemRedactor(self._secrets, rules=self._rules)
            self._events.append(chunk.event)
            yield from self._of_items(self._items.feed(chunk.data))

    def finish(self) -> Iterator[Chunk]:
        """The rest, when no more parts come."""
        yield from self._finish_items()
        yield from self._finish_text()

    def _finish_text(self) -> Iterator[Chunk]:
        text, self._text = self._text, None
        if text is not None:
            yield from self._of_text(text.finish())

    def _finish_items(self) -> Iterator[Chunk]:
        items, self._items = self._items, None
        if items is not None:
            yield from self._of_items(items.finish())

    def _of_text(self, text: str) -> Iterator[Chunk]:
        if text:
            yield Chunk(text, goes_on=True)

    def _of_items(self, items: Sequence[object]) -> Iterator[Chunk]:
        for item in items:
            yield Chunk(item, self._events.popleft())
