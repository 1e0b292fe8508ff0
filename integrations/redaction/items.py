"""Redacting JSON items (the data of SSE events, lines of NDJSON) that are passed on while they arrive.

A text may be split over the same leaf of many items, as language models do. Such a leaf is read as one text: an item
waits while one of its leaves ends in what may still become a secret, and all that came after it wait with it.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.redaction.declared import Places
from integrations.redaction.detectors import Span
from integrations.redaction.families import merged
from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import SECRETS_MASKED, Rules, rules_of
from integrations.redaction.scan import Piece, Scan
from integrations.redaction.text import find
from integrations.redaction.values import redact

TEXT_LEAVES = frozenset(
    {
        *("", "content", "text", "delta", "arguments", "partial_json", "thinking", "reasoning", "reasoning_content"),
        *("completion", "response", "generated_text", "message", "answer", "output", "transcript", "chunk", "token"),
        *("data", "input", "line", "part", "body"),
    }
)
"""Names of leaves that carry pieces of a longer text. Formats are looked for across their borders; across those of
other leaves only known secrets are: two records' numbers, put together, would be taken for what neither is."""
MOST_ITEMS = 256
"""How many items wait at most."""
MOST_LETTERS = 262_144
"""How many letters of leaves the waiting items have at most."""
MOST_LEAVES = 256
"""How many different leaves are followed at most."""

_KNOWN_ONLY = rules_of(frozenset())

Path = tuple[str | int, ...]


@dataclass
class _Leaf:
    path: Path
    text: str
    name: Path
    """Which text it is a piece of."""
    start: int
    """Where in that text it begins."""
    masks: list[tuple[Span, bool]] = field(default_factory=list)
    """What is masked of it, in its own offsets, and whether it begins here."""
    is_decided: bool = False
    """To its end."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def note(self, piece: Piece) -> None:
        start, end = max(piece.start - self.start, 0), min(piece.end - self.start, len(self.text))
        if piece.kind is not None and start < end:
            self.masks.append((Span(start, end, piece.kind), piece.begins and piece.start >= self.start))
        self.is_decided = end == len(self.text)


@dataclass
class _Waiting:
    item: Any
    leaves: list[_Leaf] = field(default_factory=list)
    letters: int = 0
    decided: int = 0
    """How many of its leaves, from the first on."""

    def is_decided(self) -> bool:
        """Each leaf is looked at until it is decided, and then no more."""
        while self.decided < len(self.leaves) and self.leaves[self.decided].is_decided:
            self.decided += 1
        return self.decided == len(self.leaves)


class ItemRedactor:
    """Releases every item, in order, with the mask in the leaf where the secret begins."""

    def __init__(
        self,
        secrets: Sequence[str] | KnownSecrets = (),
        *,
        rules: Rules = SECRETS_MASKED,
        declared: Places = (),
    ) -> None:
        self._known = secrets if isinstance(secrets, KnownSecrets) else KnownSecrets(secrets)
        self._rules = rules
        self._declared = declared
        self._scans: OrderedDict[Path, Scan] = OrderedDict()
        self._waiting: deque[_Waiting] = deque()
        self._undecided: defaultdict[Path, deque[_Leaf]] = defaultdict(deque)
        """The leaves of each text, in order, from the first on whose end is not decided."""
        self._letters = 0

    def feed(self, item: Any) -> list[Any]:
        """The items that may be released now; perhaps none, perhaps several."""
        waiting = _Waiting(item)
        self._waiting.append(waiting)
        for path, text in _leaves(item):
            self._read(waiting, path, text)
        self._letters += waiting.letters
        released = self._released()
        while len(self._waiting) > MOST_ITEMS or self._letters > MOST_LETTERS:
            self._give_up(self._waiting[0])
            released += self._released()
        return released

    def finish(self) -> list[Any]:
        """The rest, when no more items come."""
        for name, scan in self._scans.items():
            self._note(name, scan.finish())
        self._scans.clear()
        return self._released()

    def _read(self, waiting: _Waiting, path: Path, text: str) -> None:
        name = _name(waiting.item, path)
        scan = self._scans.get(name)
        if scan is None:
            scan = self._scans[name] = Scan(self._rules if _is_text(path) else _KNOWN_ONLY, self._known)
            self._forget_oldest()
        self._scans.move_to_end(name)
        leaf = _Leaf(path, text, name, scan.arrived)
        waiting.leaves.append(leaf)
        waiting.letters += len(text)
        self._undecided[name].append(leaf)
        self._note(name, scan.feed(text))

    def _forget_oldest(self) -> None:
        while len(self._scans) > MOST_LEAVES:
            name, scan = self._scans.popitem(last=False)
            self._note(name, scan.give_up())

    def _give_up(self, waiting: _Waiting) -> None:
        for name in {leaf.name for leaf in waiting.leaves if not leaf.is_decided}:
            self._note(name, self._scans[name].give_up())

    def _note(self, name: Path, pieces: list[Piece]) -> None:
        """Tell the leaves of this text what was decided. Pieces and leaves are in order: no leaf is looked for."""
        leaves = self._undecided[name]
        for piece in pieces:
            while leaves and leaves[0].start < piece.end:
                leaves[0].note(piece)
                if not leaves[0].is_decided:
                    break
                leaves.popleft()
        if not leaves:
            del self._undecided[name]

    def _released(self) -> list[Any]:
        released = []
        while self._waiting and self._waiting[0].is_decided():
            waiting = self._waiting.popleft()
            self._letters -= waiting.letters
            released.append(self._redacted(waiting))
        return released

    def _redacted(self, waiting: _Waiting) -> Any:
        item = _with_texts(waiting.item, {leaf.path: self._text(leaf) for leaf in waiting.leaves if leaf.masks})
        return redact(item, secrets=self._known, rules=self._rules, declared=self._declared).value

    def _text(self, leaf: _Leaf) -> str:
        """With what is masked of the longer text, and what would be masked if it stood alone."""
        spans = merged([*(span for span, _ in leaf.masks), *find(leaf.text, self._rules.families, self._known)])
        continued = {span.start for span, begins in leaf.masks if not begins}
        parts, end = [], 0
        for span in spans:
            found = leaf.text[span.start : span.end]
            shown = "" if span.start in continued else self._rules.render(span.kind, found)
            parts += [leaf.text[end : span.start], shown]
            end = span.end
        return "".join([*parts, leaf.text[end:]])


def _leaves(item: Any) -> Iterator[tuple[Path, str]]:
    todo: list[tuple[Path, Any]] = [((), item)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str) and value:
            yield path, value
        elif isinstance(value, Mapping):
            todo += [((*path, key), child) for key, child in value.items()]
        elif isinstance(value, list):
            todo += [((*path, index), child) for index, child in enumerate(value)]


def _is_text(path: Path) -> bool:
    names = [step for step in path if isinstance(step, str)]
    return (names[-1] if names else "") in TEXT_LEAVES


def _name(item: Any, path: Path) -> Path:
    """The path, where an object that says which of many it is (`"index": 1`) is known by that."""
    name: list[str | int] = []
    for step in path:
        item = item[step]
        name.append(step)
        if isinstance(item, Mapping) and isinstance(index := item.get("index"), int):
            name[-1:] = ["index", index] if isinstance(step, int) else [step, "index", index]
    return tuple(name)


def _with_texts(item: Any, texts: Mapping[Path, str]) -> Any:
    """A copy, as far as the paths go; what several of them share is copied once."""
    if not texts or () in texts:
        return texts.get((), item)
    copy = item.copy()
    made = {id(copy)}
    for path, text in texts.items():
        at = copy
        for step in path[:-1]:
            if id(at[step]) not in made:
                at[step] = at[step].copy()
                made.add(id(at[step]))
            at = at[step]
        at[path[-1]] = text
    return copy
