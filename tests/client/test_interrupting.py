"""Ctrl-C is heeded wherever it meets the command."""

import signal

import pytest

from modelbourse.cli.interrupting import heeding_ctrl_c


class Finalized:
    """Something whose finalizer is running when the key is pressed: Python prints the interrupt there, and forgets it."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_meets_a_finalizer_is_raised_at_the_next_look() -> None:
    before = signal.getsignal(signal.SIGINT)

    with heeding_ctrl_c() as look:
        look(None)
        Finalized()
        with pytest.raises(KeyboardInterrupt):
            look(None)

    assert signal.getsignal(signal.SIGINT) is before
