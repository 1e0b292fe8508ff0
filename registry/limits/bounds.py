"""Which limits a call meets: each number that somebody wrote down is a bound with a key of its own in Redis."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from accounts.limits import Limits
from accounts.models.limits import CLOSED, PERIODS, SHAPES, WITHOUT_REDIS

PREFIX = "qm:limit:"


class Kind(StrEnum):
    RATE = "rate"
    """A bucket of tokens that fills up again."""
    CONCURRENCY = "concurrency"
    """Leases: as many calls at the same time."""
    QUOTA = "quota"
    """Calls in a day or month of the UTC calendar."""


@dataclass(frozen=True)
class Subject:
    """Whose limits they are."""

    word: str
    """`tool`, `own`, `agent` or `tenant`; what the bound's name begins with."""
    tenant_id: UUID
    id: UUID
    called: str
    """In sentences: "the tool `crm-find`"."""


@dataclass(frozen=True)
class Bound:
    """One number that calls must keep to."""

    kind: Kind
    subject: Subject
    period: str
    """`second`, `minute`, `hour`, `day`, `month`; nothing for concurrency."""
    number: int
    """What was written down."""
    most: int
    """What there can be at once: a rate's burst, else the number."""
    window_seconds: int
    is_closed: bool
    """Whether calls are refused while nobody can count them."""
    key: str
    since: datetime | None = None
    """When the quota's day or month began."""
    until: datetime | None = None

    @property
    def name(self) -> str:
        """As headers and problems call it: `tool-minute`, `agent-concurrency`."""
        return f"{self.subject.word}-{self.period or self.kind}"

    @property
    def tokens_per_second(self) -> float:
        return self.number / self.window_seconds

    @property
    def said(self) -> str:
        if self.kind is Kind.CONCURRENCY:
            return f"{self.number:,} at the same time"
        burst = f", {self.most:,} at once" if self.kind is Kind.RATE and self.most != self.number else ""
        calendar = " (UTC)" if self.kind is Kind.QUOTA else ""
        return f"{self.number:,} {'call' if self.number == 1 else 'calls'} per {self.period}{calendar}{burst}"


@dataclass(frozen=True)
class Taken:
    """What the bounds said. `refusing` is the one that let nobody in, if any."""

    bounds: tuple[Bound, ...]
    left: tuple[int, ...]
    whole_again_seconds: tuple[float, ...]
    """Until all of a bound is there again, if nobody comes meanwhile."""
    refusing: Bound | None = None
    wait_seconds: float = 0.0

    @property
    def tightest(self) -> int:
        """The number of the bound that refused, or else of the one with the least left."""
        if self.refusing is not None:
            return self.bounds.index(self.refusing)
        return min(range(len(self.bounds)), key=lambda number: (self.left[number], -self.whole_again_seconds[number]))


def bounds_of(subject: Subject, limits: Limits, now: datetime) -> Iterator[Bound]:
    """All of them; what is empty bounds nothing."""
    if limits.rate:
        yield from _rates(subject, limits)
    if limits.concurrency:
        yield concurrency_of(subject, limits)
    if limits.quota:
        yield from _quotas(subject, limits, now)


def concurrency_of(subject: Subject, limits: Limits) -> Bound:
    written = limits.concurrency or {}
    most, key = written["most"], _key(subject, "leases")
    return Bound(Kind.CONCURRENCY, subject, "", most, most, 0, _is_closed("concurrency", written), key)


def _rates(subject: Subject, limits: Limits) -> Iterator[Bound]:
    """A bucket for each period. The burst is about the shortest one: the others only hold what they give."""
    written = limits.rate or {}
    burst = written.get("burst")
    for name, seconds in PERIODS.items():
        if name in written:
            period, number = name.removeprefix("per_"), written[name]
            key = _key(subject, period)
            closed = _is_closed("rate_limit", written)
            yield Bound(Kind.RATE, subject, period, number, burst or number, seconds, closed, key)
            burst = None


def _quotas(subject: Subject, limits: Limits, now: datetime) -> Iterator[Bound]:
    written = limits.quota or {}
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    closed = _is_closed("quota", written)
    if "per_day" in written:
        yield _quota(subject, "day", written["per_day"], day, day + timedelta(days=1), closed)
    if "per_month" in written:
        month = day.replace(day=1)
        yield _quota(subject, "month", written["per_month"], month, _next_month(month), closed)


def _quota(subject: Subject, period: str, number: int, since: datetime, until: datetime, closed: bool) -> Bound:
    window = int((until - since).total_seconds())
    key = _key(subject, _period(period, since))
    return Bound(Kind.QUOTA, subject, period, number, number, window, closed, key, since, until)


def quota_keys(*, tenant_id: UUID, tool_id: UUID | None, agent_id: UUID | None, at: datetime) -> list[str]:
    """Of every quota that may have counted a call which came then; there is no such key where none was set."""
    subjects = {"tool": tool_id, "own": tool_id, "agent": agent_id, "tenant": tenant_id}
    came = at.astimezone(UTC)
    periods = (_period("day", came), _period("month", came.replace(day=1)))
    known = [Subject(word, tenant_id, subject_id, "") for word, subject_id in subjects.items() if subject_id]
    return [_key(subject, period) for subject in known for period in periods]


def _period(name: str, since: datetime) -> str:
    return f"{name}:{since:%Y%m%d}"


def _next_month(month: datetime) -> datetime:
    return (month + timedelta(days=31)).replace(day=1)


def _is_closed(kind: str, written: object) -> bool:
    said = written.get(WITHOUT_REDIS) if isinstance(written, dict) else None
    return (said or SHAPES[kind].without_redis) == CLOSED


def _key(subject: Subject, what: str) -> str:
    return f"{PREFIX}{subject.tenant_id}:{subject.word}:{subject.id}:{what}"
