"""The parts of a streaming call's answer: told to whoever listens, masked, and kept for the record."""

import json
from collections.abc import Iterable
from functools import cached_property
from io import StringIO
from typing import Any

from accounts.errors import QuartermasterError
from integrations.errors import UpstreamTimeout
from registry.errors import TakesTooSlowly
from registry.execution.masking import Masking
from registry.execution.passage import Passage
from registry.execution.types import Target
from registry.transports.base import Chunk, Reply

MOST_KEPT = 5_000_000
"""Characters of the joined answer that are recorded; the rest is told and counted."""
WEIGHT_OF_A_PART = 64
"""A part that is kept for itself counts as if it were longer by this: very many small ones take room, too."""


class Flow:
    """One call's. What it keeps is raw, as the answer of any other call is until `redact`."""

    def __init__(self, passage: Passage, target: Target) -> None:
        passage.listener.sending(target)
        self._passage = passage
        self._target = target
        self._kept = _Kept()
        self._telling = False

    @cached_property
    def _masking(self) -> Masking:
        """Made with the first part: only then the credential is known that the answer may repeat."""
        return Masking(self._passage.secrets, self._target.redaction.returned)

    @property
    def has_begun(self) -> bool:
        """From now on the call cannot be made again unnoticed."""
        return self._kept.parts > 0

    async def emit(self, chunk: Chunk) -> None:
        self._kept.add(chunk)
        self._passage.note_parts(self._kept.parts, self._kept.characters)
        await self._tell(self._masking.feed(chunk))

    async def finish(self, reply: Reply) -> Any:
        """The answer to record. Whoever gave no parts has its whole answer told as one."""
        if not self.has_begun and reply.output is not None:
            await self._tell(self._masking.feed(Chunk(reply.output)))
        await self._tell(self._masking.finish())
        return self._kept.joined() if self.has_begun and reply.output is None else reply.output

    def blamed(self, error: QuartermasterError) -> QuartermasterError | None:
        """What to say instead when the service is not to blame: the listener had made no room until time was over."""
        return TakesTooSlowly() if self._telling and isinstance(error, UpstreamTimeout) else None

    async def _tell(self, masked: Iterable[Chunk]) -> None:
        for chunk in masked:
            self._telling = True
            await self._passage.listener.chunk(chunk)
            self._telling = False


class _Kept:
    """The parts put together: text that goes on is one text, a list of values otherwise."""

    def __init__(self) -> None:
        self.parts = 0
        self._values: list[Any] = []
        self._text = StringIO()
        self._room = MOST_KEPT
        self._is_text = True
        self._size = self._cut_off = 0

    @property
    def characters(self) -> int:
        """Of all parts, kept or not."""
        return self._size + self._cut_off

    def add(self, chunk: Chunk) -> None:
        self.parts += 1
        if chunk.goes_on:
            self._add_text(chunk.data)
        else:
            self._add_value(chunk)

    def joined(self) -> Any:
        text = self._take_text()
        if self._is_text:
            return {"text": text, "cut": self._cut()} if self._cut_off else text
        rest = [text] if text else []
        return [*self._values, *rest, *([{"cut": self._cut()}] if self._cut_off else [])]

    def _cut(self) -> dict[str, int]:
        return {"kept_characters": self._size, "total_characters": self.characters}

    def _add_text(self, text: str) -> None:
        kept = text[: self._room]
        self._text.write(kept)
        self._count(len(kept), len(text) - len(kept))

    def _add_value(self, chunk: Chunk) -> None:
        self._is_text = False
        size = len(json.dumps(chunk.data, ensure_ascii=False))
        if size + WEIGHT_OF_A_PART > self._room or self._cut_off:
            self._count(0, size)
            return
        if text := self._take_text():
            self._values.append(text)
        self._values.append({"event": chunk.event, "data": chunk.data} if chunk.event else chunk.data)
        self._count(size, 0)
        self._room -= WEIGHT_OF_A_PART

    def _count(self, kept: int, cut_off: int) -> None:
        self._room -= kept
        self._size += kept
        self._cut_off += cut_off
        if self._cut_off:
            self._room = 0  # what comes after a gap is not kept either

    def _take_text(self) -> str:
        text = self._text.getvalue()
        self._text = StringIO()
        return text
