"""What the live view shows at one moment, as values; and the log-losses of the two models out of panes."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from infra.balance import Account
from infra.cli.tables import Decision, Quality, Shift

DAY_MS = 86_400_000
ROLLING_DAYS = 28


@dataclass(frozen=True, slots=True)
class Day:
    """One pane: its start in ms, labelled samples, and the sums of both models' log-losses over them."""

    start: int
    labelled: int
    live: float
    never: float


@dataclass(frozen=True, slots=True)
class Losses:
    """Both models over the panes after the first training; means over labelled samples, None before there are any."""

    days: tuple[Day, ...] = ()

    def mean(self, days: Collection[Day]) -> tuple[float | None, float | None]:
        """Mean log-loss of the live and of the never-retrained model over these panes."""
        rows = sum(day.labelled for day in days)
        if not rows:
            return None, None
        return sum(day.live for day in days) / rows, sum(day.never for day in days) / rows

    def total(self) -> tuple[float | None, float | None]:
        """Over all panes."""
        return self.mean(self.days)

    def rolling(self) -> list[tuple[int, float, float]]:
        """For each pane its start and both means over the last 28 days."""
        found: list[tuple[int, float, float]] = []
        window: deque[Day] = deque()
        for day in self.days:
            window.append(day)
            while window[0].start <= day.start - ROLLING_DAYS * DAY_MS:
                window.popleft()
            live, never = self.mean(window)
            if live is not None and never is not None:
                found.append((day.start, live, never))
        return found


@dataclass(frozen=True, slots=True)
class Hold:
    """A retrain in flight, for which the replay's clock is held; `seconds` since it started."""

    retrain: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything on the screen. `date` and `start`, `stop` of the replay are event time in ms; `rate` in samples/s."""

    elapsed_s: float
    phase: str
    start: int
    stop: int
    date: int
    speed: float
    rate: float
    account: Account
    tolerance: float
    shifts: tuple[Shift, ...] = ()
    losses: Losses = field(default_factory=Losses)
    decisions: tuple[Decision, ...] = ()
    promotions: tuple[tuple[int, int], ...] = ()
    """Event time and version of each promotion."""
    hold: Hold | None = None
    champion: int | None = None
    first: int = 1
    drift_events: int = 0
    retrains: int = 0
    resident_mb: float = 0.0
    remarks: tuple[str, ...] = ()

    @property
    def progress(self) -> float:
        """Share of the replay that is done, by its dates."""
        return min(1.0, max(0.0, (self.date - self.start) / (self.stop - self.start)))


def losses(qualities: Sequence[Quality], first: int, since: int) -> Losses:
    """Both models' log-losses by pane.

    The live model is whoever was champion. The never-retrained one is version `first`: champion at the beginning,
    in shadow later, and both in the pane in which it was replaced.

    Args:
        qualities: rows of performance, by pane.
        first: the version that is never retrained.
        since: panes that begin before this event time (ms) do not count.
    """
    sums: dict[int, list[float]] = {}
    for one in qualities:
        start = milliseconds(one.pane_start)
        if start < since:
            continue
        row = sums.setdefault(start, [0.0] * 4)
        for column, counts in ((0, one.role == "champion"), (2, one.version == first)):
            if counts:
                row[column] += one.labelled
                row[column + 1] += one.labelled * one.log_loss
    return Losses(
        tuple(
            Day(start, int(rows), live, never / shadowed * rows)
            for start, (rows, live, shadowed, never) in sorted(sums.items())
            if rows and shadowed
        )
    )


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds."""
    return round(moment.timestamp() * 1000)
