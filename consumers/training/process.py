"""The parent's side of a training process: start it early, give it its job, look at it without waiting, end it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from consumers.training import job
from consumers.training.dataset import Dataset
from consumers.training.job import Job, Result


class Training:
    """One training process and its folder. Use `close` in a finally."""

    def __init__(self, folder: Path, limit_s: float, clock: Callable[[], float]) -> None:
        self.folder, self._limit_s, self._clock = folder, limit_s, clock
        self._deadline: float | None = None
        self._log = (folder / "training.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "consumers.training.child", str(folder)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        """The process id, for logs."""
        return self._process.pid

    def give(self, what: Job, data: Dataset, declaration: bytes) -> None:
        """Hands over the job; the time limit counts from here."""
        job.write(self.folder, what, data, declaration)
        self._deadline = self._clock() + self._limit_s
        if self._process.stdin is not None:
            try:
                self._process.stdin.write(b"go\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return  # it died already; `poll` says so with its log

    def progress(self) -> str:
        """The stage it is in."""
        try:
            return (self.folder / job.PROGRESS).read_text()
        except FileNotFoundError:
            return "starting"

    def poll(self) -> Result | None:
        """None while it runs; then its result. A process that failed or took too long has a result with an error."""
        code = self._process.poll()
        if code is None and self._deadline is not None and self._clock() > self._deadline:
            stage = self.progress()
            self.close()
            return Result(error=f"training took longer than {self._limit_s:.0f} s and was ended in the stage {stage!r}")
        if code is None:
            return None
        found = job.result(self.folder) if code == 0 else None
        return found or Result(
            error=f"the training process ended with code {code} in {self.progress()!r}: {self._last()}"
        )

    def close(self) -> None:
        """Ends the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._log.close()

    def _last(self) -> str:
        lines = (self.folder / "training.log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"
