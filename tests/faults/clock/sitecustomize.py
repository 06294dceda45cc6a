"""Imported by Python at the start of a process under test: its wall clock is off by the seconds in $FAULTS_CLOCK.

Only what asks Python's `time` is told the wrong time; the client libraries' own C code is not.
"""

import os
import time

LOOK_S = 0.2
_path = os.environ.get("FAULTS_CLOCK", "")


class _Wrong:
    """`time.time` and `time.time_ns`, off by what the file says now."""

    def __init__(self) -> None:
        self.true, self.true_ns, self.steady = time.time, time.time_ns, time.monotonic
        self.off, self.due = 0, 0.0

    def seconds(self) -> int:
        if self.steady() >= self.due:
            self.due = self.steady() + LOOK_S
            try:
                with open(_path, encoding="ascii") as file:  # noqa: PTH123 - imported by every process: no pathlib
                    self.off = int(file.read() or 0)
            except OSError:
                self.off = 0
        return self.off

    def time(self) -> float:
        return self.true() + self.seconds()

    def time_ns(self) -> int:
        return self.true_ns() + self.seconds() * 1_000_000_000


if _path:
    _wrong = _Wrong()
    time.time, time.time_ns = _wrong.time, _wrong.time_ns
