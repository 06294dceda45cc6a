"""The losses of one version, sample by sample, watched by ADWIN (Bifet and Gavalda, 2007): its concept drift."""

from collections.abc import Iterable

from river.drift import ADWIN

MOST = 0.002
"""The level that river has by default."""


class Change:
    """ADWIN keeps a window of the latest losses that all look alike, and cuts off what does not any more.

    `delta` bounds how often it may cut where nothing has changed, if losses are independent of each other.
    """

    def __init__(self, delta: float) -> None:
        self._adwin = ADWIN(delta)  # type: ignore[no-untyped-call] # untyped there

    def feed(self, losses: Iterable[float]) -> bool:
        """Takes losses in, in order; whether it cut, and the mean was higher afterwards."""
        worse = False
        for loss in losses:
            before = self._adwin.estimation
            self._adwin.update(loss)  # type: ignore[no-untyped-call] # as above
            worse |= bool(self._adwin.drift_detected) and self._adwin.estimation > before
        return worse

    @property
    def width(self) -> int:
        """Losses in the window."""
        return int(self._adwin.width)

    @property
    def mean(self) -> float:
        """Of the losses in the window; 0 while there is none."""
        return float(self._adwin.estimation)
