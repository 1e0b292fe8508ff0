from memory.embedding.resting import is_resting, was_away, was_there


def test_what_was_never_away_does_not_rest() -> None:
    assert not is_resting("fake-1")


def test_it_rests_twice_as_long_each_time_up_to_a_minute() -> None:
    assert [was_away("fake-1") for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert is_resting("fake-1")
    assert not is_resting("fake-2")


def test_it_rests_as_long_as_it_asked_for() -> None:
    assert was_away("fake-1", retry_after=20) == 20
    assert was_away("fake-1", retry_after=3_600) == 60


def test_who_was_there_begins_anew() -> None:
    was_away("fake-1")
    was_away("fake-1")
    was_there("fake-1")
    was_there("fake-1")
    assert not is_resting("fake-1")
    assert was_away("fake-1") == 1
