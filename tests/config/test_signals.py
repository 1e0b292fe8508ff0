import os
import signal

import pytest

from config.supervisor.signals import Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_counts_the_requests_to_stop(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Signals() as signals:
        assert (signals.stop_is_wanted, signals.stop_is_urgent) == (False, False)
        os.kill(os.getpid(), number)
        signals.wait(30)
        assert (signals.stop_is_wanted, signals.stop_is_urgent) == (True, False)
        os.kill(os.getpid(), number)
        signals.wait(30)
        assert (signals.stop_is_wanted, signals.stop_is_urgent) == (True, True)
    assert signal.getsignal(number) is before


def test_a_closed_terminal_is_no_request_when_nohup_asked_for_that() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not signals.stop_is_wanted
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_hears_an_interrupt_where_a_script_put_it_in_the_background() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGINT)
            signals.wait(30)
            assert signals.stop_is_wanted
    finally:
        signal.signal(signal.SIGINT, before)


def test_it_wakes_up_when_nothing_happens() -> None:
    with Signals() as signals:
        signals.wait(0.0)
        assert not signals.stop_is_wanted
