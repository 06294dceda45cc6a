"""The incident of a version's outcomes: the same rules as for its inputs, in other words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

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
        self.incident = Incident(f"{self.stream}/outcomes", self.version, self.persistence)

    @property
    def open(self) -> bool:
        """Whether the version answers worse, or meets other labels, as far as is known."""
        return self.incident.opened is not None

    def take(self, pane_end: int, rows: Sequence[DriftRow]) -> DriftEvent | None:
        """The rows of this version's next pane; an event when the verdict changes."""
        event = self.incident.take(pane_end, rows)
        if event is None or event.kind == "closed":
            return self._ours(event, "is back within its tolerance")
        by_place = {(row.feature, row.window): row for row in rows}
        moved = {shift.feature: by_place[shift.feature, shift.window] for shift in event.shifts}
        worse = moved.get(LOSS)
        label = moved.get(LABEL) or by_place[LABEL, event.shifts[0].window]
        return self._ours(event, sentence(label, worse))

    def close(self, pane_end: int, why: str) -> DriftEvent | None:
        """Ends it, if it is open."""
        return self._ours(self.incident.close(pane_end, why), why)

    def _ours(self, event: DriftEvent | None, words: str) -> DriftEvent | None:
        if event is None:
            return None
        said = f"{self.stream} version {self.version} {words}."
        if event.kind != "closed":
            day = datetime.fromtimestamp(event.event_time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
            said = f"Until {day} {said}"
        return replace(event, stream=self.stream, subject="outcomes", sentence=said)


def sentence(label: DriftRow, worse: DriftRow | None) -> str:
    """What became of the version's answers: label rates in any case, and losses if they are `worse`."""
    rates = f"label rate {_share(label.mean)} against {_share(label.reference_mean)}"
    if worse is None:
        return f"met other labels over {_panes(label.window)}: {rates} when it was made"
    low, high = (f"{100 * (end or 0):.0f}" for end in (worse.low, worse.high))
    by = " by ADWIN," if worse.test == "adwin" else ""
    return (
        f"answered worse over {_panes(worse.window)}: "
        f"log-loss {_share(worse.mean)} against {_share(worse.reference_mean)} when it was made "
        f"({100 * worse.effect:+.0f} %,{by} 95 % from {low} to {high}), {rates}"
    )


def _panes(count: int) -> str:
    return "1 pane" if count == 1 else f"{count} panes"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
