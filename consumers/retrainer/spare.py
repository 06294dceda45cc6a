"""A training process kept ready: its imports take longer than many a training."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from consumers.training.process import Training


@dataclass(slots=True)
class Spare:
    """One process that has imported what it needs and waits for a job; each has a private folder in `workshop`."""

    workshop: Path
    limit_s: float
    clock: Callable[[], float]
    _waiting: Training | None = None

    def prepare(self) -> None:
        """Starts one, unless one waits; one that died waiting is replaced."""
        if self._waiting is not None and self._waiting.poll() is not None:
            self.close()
        if self._waiting is None:
            self.workshop.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.workshop, prefix="retrain-"))
            self._waiting = Training(folder, self.limit_s, self.clock)

    def take(self) -> Training:
        """The one that waits, or a new one; whoever takes it closes it with `discard`."""
        self.prepare()
        taken, self._waiting = self._waiting, None
        if taken is None:
            raise AssertionError("prepared a moment ago")
        return taken

    def close(self) -> None:
        """Ends the one that waits."""
        if self._waiting is not None:
            discard(self._waiting)
            self._waiting = None


def discard(training: Training) -> None:
    """Ends a training process and removes its folder."""
    training.close()
    shutil.rmtree(training.folder, ignore_errors=True)
