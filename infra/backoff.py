"""Waiting for a server that is away: growing pauses up to a limit, said once when it goes and once when it is back."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from infra.metrics.catalogue import RETRIES
from schemas.errors import Unavailable

T = TypeVar("T")
LONGEST_PAUSE_S = 5.0
_log = structlog.get_logger()


def patiently(
    call: Callable[[], T],
    *,
    patience_s: float,
    pause: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """What `call` returns, called again with growing pauses while it raises Unavailable.

    Args:
        call: must be safe to repeat.
        patience_s: seconds after which the last error is passed on.
        pause: waits that many seconds; returns something true to give up at once (a stop was asked for).
        clock: seconds, monotonic.

    Raises:
        Unavailable: still away after `patience_s`, or the pause asked to give up.
    """
    RETRIES.live.inc(0)  # told from the start: what was never seen cannot be seen to grow
    began: float | None = None
    length = 0.1
    while True:
        try:
            result = call()
        except Unavailable as error:
            if began is None:
                began = clock()
                _log.warning("server_away", error=str(error), retrying_for_s=patience_s)
            if clock() - began >= patience_s or pause(length):
                raise
            RETRIES.live.inc()
            length = min(length * 2, LONGEST_PAUSE_S)
        else:
            if began is not None:
                _log.info("server_back", away_s=round(clock() - began, 1))
            return result
