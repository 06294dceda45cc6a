"""Which alerts fired when, as a real Prometheus said every second."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOOK_S = 1.0


@dataclass(slots=True)
class Watch:
    """Looks from a thread; `firing` asks Prometheus. Times are monotonic seconds."""

    firing: Callable[[], set[str]]
    looks: list[tuple[float, set[str]]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        """Begins."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def close(self) -> None:
        """Ends."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                found = self.firing()
            except OSError:  # Prometheus starts, or is ending
                continue
            self.looks.append((time.monotonic(), found))

    def fired(self, alert: str, since: float) -> float | None:
        """Seconds from `since` to the first look at which it fired."""
        return next((at - since for at, found in list(self.looks) if at >= since and alert in found), None)

    def silent(self, alert: str, since: float) -> float | None:
        """Seconds from `since` to the first look at which it no longer fired."""
        return next((at - since for at, found in list(self.looks) if at >= since and alert not in found), None)

    def between(self, start: float, stop: float) -> set[str]:
        """All that fired in this time."""
        return {name for at, found in list(self.looks) if start <= at <= stop for name in found}
