"""Logs are put aside each day, or when they have grown large, and kept for a month."""

import gzip
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

LIMIT = 16 * 2**20
"""Bytes above which the text of a log is put aside before the day is over."""
KEPT = timedelta(days=30)
_STAMP = "%Y-%m-%dT%H%M%SZ"


def _now() -> datetime:
    return datetime.now(UTC)


class Rotation:
    """Of one log; `clock` gives the time in UTC. Earlier texts lie beside it as NAME.log.TIME.gz."""

    def __init__(self, log: Path, clock: Callable[[], datetime] = _now) -> None:
        self._log, self._clock = log, clock
        self._day = clock().date()
        with suppress(FileNotFoundError):
            self._day = datetime.fromtimestamp(log.stat().st_mtime, UTC).date()

    def look(self) -> None:
        """Puts the text aside if it is time to.

        Raises:
            OSError: the disk is full or gone; the log is as it was.
        """
        now = self._clock()
        with suppress(FileNotFoundError):
            size = self._log.stat().st_size
            if size > LIMIT or (size and now.date() > self._day):
                self._put_aside(now)
        self._day = now.date()

    def _put_aside(self, now: datetime) -> None:
        """Copied and emptied, not renamed: its process goes on to append to the file that it has open."""
        aside = self._log.with_name(f"{self._log.name}.{now:{_STAMP}}.gz")
        try:
            with self._log.open("rb") as text, gzip.open(aside, "wb", compresslevel=1) as packed:
                shutil.copyfileobj(text, packed)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        os.truncate(self._log, 0)
        for old in self._log.parent.glob(f"{self._log.name}.*.gz"):
            if _age(old, self._log.name, now) > KEPT:
                old.unlink(missing_ok=True)


def _age(aside: Path, log: str, now: datetime) -> timedelta:
    """By its name: times of files change when they are copied. What has another name is not ours, and stays."""
    try:
        return now - datetime.strptime(aside.name, f"{log}.{_STAMP}.gz").replace(tzinfo=UTC)
    except ValueError:
        return timedelta()
