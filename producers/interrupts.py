"""SIGINT and SIGTERM as a request to stop cleanly; a second one ends the process at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit code after Ctrl-C; the end that a supervisor asks for (SIGTERM) is 0."""
_ASKING = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """`event` is set when a signal has asked to stop; `number` is which."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.number: int | None = None

    @property
    def exit_code(self) -> int:
        """What a process that stopped for this reason returns."""
        return INTERRUPTED if self.number == signal.SIGINT else 0

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """Takes a signal; the next one has its default effect."""
        self.number = number
        self.event.set()
        for asking in _ASKING:
            signal.signal(asking, signal.SIG_DFL)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Catches both signals, and gives them back their former effect at the end; for the main thread."""
    stop = Stop()
    former = {number: signal.signal(number, stop.ask) for number in _ASKING}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
