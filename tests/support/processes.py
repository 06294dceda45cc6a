"""Processes of a test: started by name, killed with the test, and waiting for a condition with a deadline."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SUPPORT = Path(__file__).parent


def start(module: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    """A module of tests/support, or of elsewhere below tests by its full name, in a process of its own."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", module if "." in module else f"support.{module}", *arguments],
            env=os.environ | {"PYTHONPATH": str(SUPPORT.parent)},
            stdout=file,
            stderr=file,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kills a process that is still there."""
    process.kill()
    process.wait()


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits for `condition`; fails with `what` when it has not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)
