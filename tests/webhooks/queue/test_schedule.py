"""When the next attempt is due."""

from datetime import timedelta

import pytest

from webhooks.queue.schedule import USUAL, first_pause, next_pause


def test_the_usual_schedule_is_that_of_standard_webhooks() -> None:
    assert USUAL == (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
    assert sum(USUAL) == 75 * 3600 + 2105


def test_the_first_attempt_is_due_at_once() -> None:
    assert first_pause(None) == timedelta(0)


def test_a_route_may_wait_before_the_first() -> None:
    assert timedelta(seconds=48) <= first_pause([60]) <= timedelta(seconds=72)


@pytest.mark.parametrize("attempts", [1, 2, 9])
def test_a_pause_varies_by_a_fifth(attempts: int) -> None:
    pauses = [next_pause(None, attempts=attempts) for _ in range(50)]
    assert len(set(pauses)) > 1
    for pause in pauses:
        assert pause is not None
        assert 0.8 * USUAL[attempts] <= pause.total_seconds() <= 1.2 * USUAL[attempts]


@pytest.mark.parametrize(("schedule", "attempts"), [(None, 10), (None, 11), ([0], 1), ([0, 5], 2)])
def test_it_ends(schedule: list[float] | None, attempts: int) -> None:
    assert next_pause(schedule, attempts=attempts) is None
    assert next_pause(schedule, attempts=attempts, asked=1) is None


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (3600, timedelta(hours=1)),
        (25 * 3600, timedelta(hours=24)),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to_within_a_day(asked: float, pause: timedelta) -> None:
    assert next_pause([0, 5], attempts=1, asked=asked) == pause


def test_it_does_not_come_sooner_than_its_schedule_says() -> None:
    pause = next_pause([0, 300], attempts=1, asked=1)
    assert pause is not None
    assert pause >= timedelta(seconds=240)
