"""All that the topics of a stream say of its model now, as Prometheus reads it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import Metric

from consumers.exporter.drift import Drift
from consumers.exporter.quality import Qualities
from consumers.exporter.retrains import Retrains
from infra.metrics import catalogue
from infra.metrics.kinds import Count, Level
from schemas.messages import DriftRow, Models, Performance, Served

VERDICTS = {"drifted": 1, "stable": 0, "insufficient": -1}
QUALITIES: tuple[tuple[Level, Callable[[Performance], float]], ...] = (
    (catalogue.LOG_LOSS, lambda row: row.log_loss),
    (catalogue.BRIER, lambda row: row.brier),
    (catalogue.ACCURACY, lambda row: row.accuracy),
)
Labels = tuple[str, ...]
Values = Mapping[Labels, float | None]


@dataclass(slots=True)
class Picture:
    """`pane_ms`: the length of a pane; `wait_ms`: how long its labels are waited for."""

    pane_ms: int
    wait_ms: int
    models: Models | None = None
    served: dict[int, int] = field(default_factory=dict)
    drift: Drift = field(default_factory=Drift)
    qualities: Qualities = field(default_factory=Qualities)
    retrains: Retrains = field(default_factory=Retrains)

    def on_models(self, models: Models) -> None:
        """What is to be served; what is known of versions before all of these is dropped."""
        self.models = models
        oldest = min(version for version in self._roles().values())
        self.drift.forget(oldest)
        self.qualities.forget(oldest)

    def on_served(self, said: Served) -> None:
        """A worker's report of a partition: the last one counts."""
        self.served[said.partition] = said.version

    def tell(self) -> Iterator[Metric]:
        """One reading."""
        yield from self._retrains()
        yield _read(catalogue.EVENTS, {(*key,): count for key, count in self.drift.events.items()})
        yield _read(catalogue.INCIDENTS, {(subject,): n for subject, n in self.drift.open(self._champion()).items()})
        yield _read(catalogue.PANE, {(): self.pane_ms / 1000})
        yield _read(catalogue.LABEL_WAIT, {(): self.wait_ms / 1000})
        yield _read(catalogue.LABELS_BEHIND, {(): _seconds(self.qualities.behind_ms())})
        if self.models is not None:
            yield from self._model(self.models)
            yield from self._quality()
            yield from self._drift()

    def _champion(self) -> int:
        return self.models.champion.version if self.models else 0

    def _roles(self) -> dict[Labels, int]:
        """The version in each role; of several shadows the newest."""
        if self.models is None:
            return {}
        found: dict[Labels, int] = {("champion",): self.models.champion.version}
        if self.models.previous is not None:
            found["previous",] = self.models.previous.version
        if self.models.shadows:
            found["shadow",] = max(shadow.version for shadow in self.models.shadows)
        return found

    def _model(self, models: Models) -> Iterator[Metric]:
        versions = set(self.served.values()) | {self._champion()}
        by_version: dict[Labels, int] = {
            (str(v),): sum(1 for served in self.served.values() if served == v) for v in versions
        }
        yield _read(catalogue.VERSION, self._roles())
        yield _read(catalogue.TRAINED_UNTIL, {(): models.champion.trained_until / 1000})
        yield _read(catalogue.PROMOTED, {(): models.at / 1000})
        yield _read(catalogue.SERVED, by_version)
        yield _read(catalogue.SKEW, {(): sum(1 for version in self.served.values() if version != self._champion())})

    def _quality(self) -> Iterator[Metric]:
        """The version before the champion was measured as champion, while it was one."""
        keys = [
            (role, "shadow" if role == "shadow" else "champion", version)
            for (role, *_), version in self._roles().items()
        ]
        for level, value in QUALITIES:
            means: dict[Labels, float | None] = {
                (role, str(version)): self.qualities.mean(was, version, value) for role, was, version in keys
            }
            yield _read(level, means)
        yield _read(catalogue.LABEL_LAG, {(): _seconds(self.qualities.lag_ms())})
        yield _read(catalogue.LABEL_COVERAGE, {(): self.qualities.coverage()})

    def _drift(self) -> Iterator[Metric]:
        version = self.drift.judged_last(self._champion())
        judged = self.drift.rows.get(version, {})
        rows: dict[Labels, DriftRow] = {(feature, str(window)): row for (feature, window), row in judged.items()}
        yield _read(catalogue.EFFECT, {key: row.effect for key, row in rows.items()})
        yield _read(catalogue.LIMIT, {key: row.limit for key, row in rows.items()})
        yield _read(catalogue.PSI, {key: row.psi for key, row in rows.items()})
        yield _read(catalogue.MISSING, {key: row.missing for key, row in rows.items()})
        yield _read(catalogue.VERDICT, {key: VERDICTS[row.verdict] for key, row in rows.items()})
        yield _read(catalogue.JUDGED, {(): _seconds(max((row.pane_end for row in rows.values()), default=None))})
        budget = self.drift.budgets.get(version)
        if budget is not None:
            yield _read(catalogue.ALARMS_MEASURED, {(): budget.control_alarms})
            yield _read(catalogue.ALARMS_ALLOWED, {(): budget.allowed})
            yield _read(catalogue.ALARMS_PANES, {(): budget.control_panes})

    def _retrains(self) -> Iterator[Metric]:
        told = self.retrains
        yield _read(catalogue.DECISIONS, {(step,): count for step, count in told.steps.items()})
        yield _read(catalogue.IN_FLIGHT, {(): int(told.flight is not None)})
        yield _read(catalogue.FLIGHT_STARTED, {(): _seconds(told.started)})
        yield _read(catalogue.TRAINING, {(): _seconds(told.training_ms)})
        yield _read(catalogue.TRAINING_ROWS, {(): told.rows})
        yield _read(catalogue.SIZE, {(): told.size})
        yield _read(catalogue.FAILURES, {(): told.failures})
        yield _read(catalogue.REJECTIONS, {(): told.rejections})


def _read(metric: Count | Level, values: Values) -> Metric:
    """A reading of these series; one without a value is left out."""
    family = metric.family()
    for labels, value in values.items():
        if value is not None:
            family.add_metric(labels, value)
    return family


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
