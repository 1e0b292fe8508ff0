"""Reading a service's Server-Sent Events as they arrive: the WHATWG's rules, in whatever pieces the bytes come."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.errors import UpstreamRefused

LONGEST_EVENT = 1_000_000
"""Characters of one event, with the line that is still coming."""

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class SentEvent:
    data: str
    event: str = "message"


class EventStreamReader:
    """Fed with bytes, gives events. Bytes that are no UTF-8 are replaced, comments and unknown fields skipped."""

    def __init__(self, *, longest: int = LONGEST_EVENT) -> None:
        self._longest = longest
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._at_start = True
        self._ended_in_cr = False
        self._line: list[str] = []
        self._data: list[str] = []
        self._event = ""
        self._line_size = self._data_size = 0

    def feed(self, piece: bytes) -> Iterator[SentEvent]:
        """The events that these bytes complete. Raises UpstreamRefused for one without an end."""
        yield from self._read(self._decoder.decode(piece))

    def end(self) -> Iterator[SentEvent]:
        """The last event, where no empty line follows it: the body is whole, so it is, too."""
        yield from self._read(self._decoder.decode(b"", final=True) + "\n\n")

    def _read(self, text: str) -> Iterator[SentEvent]:
        for line in self._lines(text):
            if line:
                self._take(line)
            elif event := self._complete():
                yield event

    def _lines(self, text: str) -> Iterator[str]:
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        if self._ended_in_cr and text:
            self._ended_in_cr = False
            text = text.removeprefix("\n")
        if not text:
            return
        self._ended_in_cr = text[-1] == "\r"
        *lines, rest = _LINE_END.split(text)
        for line in lines:
            whole, self._line, self._line_size = "".join([*self._line, line]), [], 0
            yield whole
        self._line.append(rest)
        self._line_size += len(rest)
        self._keep_within()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_size += len(value) + 1
            self._keep_within()
        elif name == "event":
            self._event = value

    def _complete(self) -> SentEvent | None:
        data, event = self._data, self._event
        self._data, self._event, self._data_size = [], "", 0
        return SentEvent("\n".join(data), event or "message") if data else None

    def _keep_within(self) -> None:
        if self._line_size + self._data_size > self._longest:
            raise UpstreamRefused(f"The tool's service sent an event of more than {self._longest} characters.")
