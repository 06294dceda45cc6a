"""Runs competitors in turn, round after round, and makes ratios within each round: machines are noisy."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.compare import equal
from benchmarks.compare.arena import Arena, Stream
from benchmarks.compare.competitors import BARE, BOTH, SCORER, Competitor, python
from benchmarks.compare.meter import Ends, Measured, Meter
from benchmarks.compare.stream import PARTITIONS

CHECKED = 5_000
"""Predictions of one partition that are compared with those of the loop by hand."""


@dataclass(slots=True)
class Rounds:
    """Figures by competitor, one a round; `checked` says what was compared, `failed` who could not run."""

    arena: Arena
    environments: Path
    records: list[tuple[bytes, bytes]]
    figures: dict[str, list[Measured]] = field(default_factory=dict)
    checked: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def round(self, competitors: Sequence[Competitor]) -> None:
        """Each once: one stream for all that read only, a fresh one for whoever needs unframed samples."""
        shared = self.arena.fresh(self.records, framed=True)
        outputs: dict[str, str] = {}
        for competitor in competitors:
            stream = self.arena.fresh(self.records, framed=False) if competitor is BOTH else shared
            try:
                outputs[competitor.name], measured = self._one(competitor, stream)
            except (OSError, RuntimeError, TimeoutError) as error:
                self.failed[competitor.name] = str(error)
                sys.stdout.write(f"{competitor.name:30} failed: {error}\n")
                continue
            self.figures.setdefault(competitor.name, []).append(measured)
            sys.stdout.write(
                f"{competitor.name:30} {measured.per_second:>10,.0f}/s {measured.per_cpu_second:>10,.0f}/CPU-s "
                f"broker {measured.broker / measured.wall:4.2f} cores {measured.rss_mb:>6} MB\n"
            )
        self._check(outputs)

    def _one(self, competitor: Competitor, stream: Stream) -> tuple[str, Measured]:
        name = "".join(letter for letter in competitor.name if letter.isalnum())
        topic = self.arena.topic(f"{stream.name}.out-{name}") if competitor.own_topic else stream.topics.predictions
        total = min(competitor.records, len(self.records))
        commands = competitor.commands(self.arena, stream, python(competitor, self.environments), topic)
        ends = Ends(self.arena.settings.kafka, topic, PARTITIONS)
        with self.arena.running(*commands) as processes:
            return topic, Meter(ends, total, self.arena.broker).watch(processes)

    def _check(self, outputs: dict[str, str]) -> None:
        """Whoever scores must score as the loop by hand does."""
        if BARE.name not in outputs:
            return
        bootstrap = self.arena.settings.kafka
        ours: dict[tuple[int, int], float] = {}
        for partition in range(PARTITIONS):
            ours |= equal.scores(bootstrap, outputs[BARE.name], partition, len(self.records))
        for name, topic in outputs.items():
            if name not in {BARE.name, BOTH.name, "client without a job"}:
                shared, differ = equal.same(ours, equal.scores(bootstrap, topic, 0, CHECKED))
                self.checked[name] = {"compared": shared, "different": differ}

    def table(self, competitors: Sequence[Competitor]) -> list[dict[str, Any]]:
        """One row a competitor: medians, and the scorer's ratio to it within each round."""
        return [self._row(one) for one in competitors if one.name in self.figures]

    def _row(self, competitor: Competitor) -> dict[str, Any]:
        found = self.figures[competitor.name]
        return {
            "name": competitor.name,
            "per_second": round(statistics.median(one.per_second for one in found)),
            "per_cpu_second": round(statistics.median(one.per_cpu_second for one in found)),
            "broker_cores": round(statistics.median(one.broker / one.wall for one in found), 2),
            "rss_mb": max(one.rss_mb for one in found),
            "rounds": len(found),
            "scorer_is": self.ratio(SCORER, competitor),
            "goal": competitor.goal,
            "checked": self.checked.get(competitor.name),
        }

    def ratio(self, one: Competitor, other: Competitor) -> float | None:
        """The median over rounds of records a CPU-second of one over those of the other."""
        pairs = zip(self.figures.get(one.name, []), self.figures.get(other.name, []), strict=False)
        ratios = [ours.per_cpu_second / theirs.per_cpu_second for ours, theirs in pairs]
        return round(statistics.median(ratios), 2) if ratios else None
