"""The incident of a version's outcomes: the same rules as for its inputs, in other words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from schemas.duration import day, panes
from schemas.messages import DriftEvent, DriftRow
from schemas.reference import LABEL, LOSS
from streams.incident import Incident


@dataclass(slots=True)
class Outcry:
    """Its events have names of their own, so that inputs and outcomes may be open side by side."""

    stream: str
    version: int
    persistence: int
    incident: Incident = field(init=False)

    def __post_init__(self) -> None:
        self.incident = Incident(self.stream, self.version, self.persistence, "outcomes")

    @property
    def open(self) -> bool:
        """Whether the version answers worse, or meets other labels, as far as is known."""
        return self.incident.opened is not None

    def take(self, pane_end: int, rows: Sequence[DriftRow]) -> DriftEvent | None:
        """The rows of this version's next pane; an event when the verdict changes."""
        return self.incident.take(pane_end, rows, {}, partial(self._words, rows))

    def close(self, pane_end: int, why: str) -> DriftEvent | None:
        """Ends it, if it is open."""
        return self.incident.close(pane_end, why)

    def _words(self, rows: Sequence[DriftRow], moved: Sequence[DriftRow]) -> str:
        """The label's rate is named in any case: of the window that is named first if it did not move itself."""
        by_name = {row.feature: row for row in moved}
        label = by_name.get(LABEL) or next(r for r in rows if (r.feature, r.window) == (LABEL, moved[0].window))
        return f"Until {day(label.pane_end)} {self.stream} version {self.version} {sentence(label, by_name.get(LOSS))}."


def sentence(label: DriftRow, worse: DriftRow | None) -> str:
    """What became of the version's answers: label rates in any case, and losses if they are `worse`."""
    rates = f"label rate {_share(label.mean)} against {_share(label.reference_mean)}"
    if worse is None:
        return f"met other labels over {panes(label.window)}: {rates} when it was made"
    low, high = (f"{100 * (end or 0):.0f}" for end in (worse.low, worse.high))
    by = " by ADWIN," if worse.test == "adwin" else ""
    return (
        f"answered worse over {panes(worse.window)}: "
        f"log-loss {_share(worse.mean)} against {_share(worse.reference_mean)} when it was made "
        f"({100 * worse.effect:+.0f} %,{by} 95 % from {low} to {high}), {rates}"
    )


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
