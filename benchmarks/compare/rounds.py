"""Runs competitors in turn, round after round, and makes ratios within each round: machines are noisy."""

import statistics
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.compare import equal, stream
from benchmarks.compare.competitors import BARE, Competitor, python
from benchmarks.compare.course import Course
from benchmarks.compare.meter import Ends, Measured, Meter
from benchmarks.compare.stream import Stream
from benchmarks.compare.subject import PARTITIONS, Record


@dataclass(slots=True)
class Rounds:
    """Figures by competitor, one a round or None; `checked` says what was compared, `failed` who could not run."""

    course: Course
    environments: Path
    records: list[Record]
    figures: dict[str, list[Measured | None]] = field(default_factory=dict)
    checked: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def round(self, competitors: Sequence[Competitor]) -> None:
        """Each once. The first must be of the product: the others read the samples that were sent for it."""
        outputs: dict[str, str] = {}
        found: Stream | None = None
        for competitor in competitors:
            if found is None or competitor.product:
                total = self.records[: competitor.records]
                found = self.course.fresh(total, framed=competitor.framed)
            try:
                outputs[competitor.name], measured = self._one(competitor, found)
            except (OSError, RuntimeError) as error:  # TimeoutError is an OSError
                self.failed[competitor.name] = str(error)
                sys.stdout.write(f"{competitor.name:30} failed: {error}\n")
                self.figures.setdefault(competitor.name, []).append(None)
                continue
            self.figures.setdefault(competitor.name, []).append(measured)
            sys.stdout.write(f"{competitor.name:30} {measured}\n")
            sys.stdout.flush()
        self._check(competitors, outputs)
        stream.drop(self.course.arena.settings.kafka, "bench")

    def _one(self, competitor: Competitor, found: Stream) -> tuple[str, Measured]:
        arena = self.course.arena
        name = "".join(letter for letter in competitor.name if letter.isalnum())
        topic = found.topics.predictions if competitor.product else arena.topic(f"{found.name}.out-{name}")
        total = min(competitor.records, len(self.records))
        commands = competitor.commands(self.course, found, python(competitor, self.environments), topic)
        with (
            closing(Ends(arena.settings.kafka, topic, PARTITIONS)) as ends,
            arena.running(*commands) as processes,
        ):
            return topic, Meter(ends, total, arena.broker, arena.log).watch(processes)

    def _check(self, competitors: Sequence[Competitor], outputs: dict[str, str]) -> None:
        """Whoever scores must score as the loop by hand does."""
        if BARE.name not in outputs:
            return
        bootstrap = self.course.arena.settings.kafka
        ours = equal.truth(bootstrap, outputs[BARE.name])
        for one in competitors:
            if one.scores and one.name in outputs and one.name != BARE.name:
                self.checked[one.name] = found = equal.verdict(ours, bootstrap, outputs[one.name])
                if found["different"] or found["compared"] < equal.CHECKED / 2:
                    self.failed[one.name] = f"its predictions are not those of {BARE.name}: {found}"

    def table(self, competitors: Sequence[Competitor]) -> list[dict[str, Any]]:
        """One row a competitor: medians, and the first one's ratio to it within each round."""
        return [self._row(one, competitors[0]) for one in competitors if self._of(one)]

    def _of(self, competitor: Competitor) -> list[Measured]:
        return [one for one in self.figures.get(competitor.name, []) if one is not None]

    def _row(self, competitor: Competitor, first: Competitor) -> dict[str, Any]:
        found = self._of(competitor)
        return {
            "name": competitor.name,
            "per_second": round(statistics.median(one.per_second for one in found)),
            "per_cpu_second": round(statistics.median(one.per_cpu_second for one in found)),
            "broker_cores": round(statistics.median(one.broker / one.wall for one in found), 2),
            "rss_mb": max(one.rss_mb for one in found),
            "rounds": len(found),
            "first_is": self.ratio(first, competitor),
            "first_is_by_wall": self.ratio(first, competitor, "per_second"),
            "goal": competitor.goal,
            "checked": self.checked.get(competitor.name),
        }

    def ratio(self, one: Competitor, other: Competitor, figure: str = "per_cpu_second") -> float | None:
        """The median over rounds of a figure of one over that of the other."""
        pairs = zip(self.figures.get(one.name, []), self.figures.get(other.name, []), strict=False)
        ratios = [getattr(ours, figure) / getattr(theirs, figure) for ours, theirs in pairs if ours and theirs]
        return round(statistics.median(ratios), 2) if ratios else None
