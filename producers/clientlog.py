"""What the Kafka client has to say, as plain lines and without its repetitions (it logs every attempt to connect)."""

import logging
import re
import time
from collections.abc import Callable

AGAIN_S = 30.0
"""The same complaint is said again after this long."""


class _Sparse(logging.Handler):
    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._clock = clock
        self._said: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        shape = re.sub(r"\d+", "", text)
        now = self._clock()
        if now - self._said.get(shape, -AGAIN_S) >= AGAIN_S:
            self._said[shape] = now
            self._say(f"Kafka client: {text}")


def client_log(say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> logging.Logger:
    """A logger for one Kafka client that says each kind of warning at most once in AGAIN_S seconds."""
    logger = logging.Logger("kafka", logging.WARNING)  # noqa: LOG001 - its own, so that two clients do not share a handler
    logger.addHandler(_Sparse(say, clock))
    return logger
