"""A retrainer on fakes that die, or go away, before or after any one effect outside: topics and registry outlive it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import msgspec
import pytest

from consumers.retrainer import arrival, flight, witness
from consumers.retrainer.evidence import Evidence
from consumers.retrainer.means import Means
from consumers.retrainer.proof import Proof
from consumers.retrainer.worker import Retrainer
from consumers.training.job import Gate, Result
from schemas.declaration import Declaration, parse
from schemas.errors import Refused, Unavailable
from schemas.messages import Decision, DriftEvent, ModelRef, Models, Performance, Request, Served
from support.labelled import DAY, text

How = Literal["killed", "away"]
PARTITIONS = 2
ROWS = 50


class Killed(BaseException):
    """The process is gone, at once: nothing may catch it."""


def reference(version: int) -> ModelRef:
    """A version that is made of nothing."""
    return ModelRef(
        version=version, run_id=f"run{version}", model_sha256=f"{version:064}", contract_sha256="c", trained_until=DAY
    )


def _beside(models: Models) -> str:
    """What scores beside the champion, in words."""
    names = [f"v{one.version}" for one in models.shadows]
    return f", beside it {' and '.join(names)}" if names else ""


@dataclass
class Effects:
    """Counts what reaches outside, and strikes once: before or after effect number `at`, the first being 0."""

    at: int | None = None
    after: bool = False
    how: How = "killed"
    names: list[str] = field(default_factory=list)

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        """Around one effect."""
        number = len(self.names)
        self.names.append(name)
        if number == self.at and not self.after:
            self._strike(name)
        yield
        if number == self.at and self.after:
            self._strike(name)

    def _strike(self, name: str) -> None:
        if self.how == "killed":
            raise Killed(name)
        raise Unavailable(f"{name}: no answer, as asked for")


@dataclass
class Outside:
    """What outlives the process: topics, registry, and scorers that take up what they are told."""

    effects: Effects
    decisions: list[Decision] = field(default_factory=list)
    models: list[Models] = field(default_factory=list)
    events: list[DriftEvent] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    performance: list[Performance] = field(default_factory=list)
    versions: list[tuple[str, ModelRef]] = field(default_factory=list)
    aliases: dict[str, int] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    """Versions whose files are not what was registered."""

    def served(self) -> list[Served]:
        """What scorers report now."""
        now = self.models[-1]
        return [
            Served(
                worker="w", partition=place, version=now.champion.version, model_sha256=now.champion.model_sha256,
                from_offset=0, at=0, shadows=[one.version for one in now.shadows],
            )
            for place in range(PARTITIONS)
        ]  # fmt: skip

    def score(self, day: int, losses: Callable[[int], float]) -> None:
        """A day's samples, their labels, and what they tell of each version that scores."""
        now = self.models[-1]
        roles: list[tuple[Literal["champion", "shadow"], ModelRef]] = [
            ("champion", now.champion),
            *(("shadow", one) for one in now.shadows),
        ]
        self.performance += [
            Performance(
                role=role, version=ref.version, pane_start=day * DAY, pane_end=(day + 1) * DAY, predictions=ROWS,
                labelled=ROWS, log_loss=losses(ref.version), brier=0.0, accuracy=0.0, label_lag_ms=0,
                watermark=(day + 1) * DAY,
            )
            for role, ref in roles
        ]  # fmt: skip


class Journal:
    """As consumers.journal.Journal."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def decide(self, decision: Decision) -> Decision:
        with self._outside.effects.effect(f"decision {decision.step}"):
            self._outside.decisions.append(decision)
        return decision

    def publish(self, models: Models) -> Models:
        with self._outside.effects.effect(f"models v{models.champion.version}{_beside(models)}"):
            self._outside.models.append(models)
        return models

    def now(self) -> int:
        return 0


class Registry:
    """As infra.registry.Registry; each call of its server is an effect."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def version(self, retrain: str) -> ModelRef | None:
        return next((ref for name, ref in self._outside.versions if name == retrain), None)

    def finished(self, retrain: str) -> ModelRef | None:
        ref = self.version(retrain)
        if ref is not None:
            self._alias("challenger", ref.version)
        return ref

    def versions(self) -> list[ModelRef]:
        return [ref for _, ref in self._outside.versions]

    def register(self, _folder: Path, _declaration: Declaration, tags: dict[str, str], *_: Any) -> ModelRef:
        known = self.finished(tags["retrain"])
        if known is not None:
            return known
        ref = reference(len(self._outside.versions) + 1)
        with self._outside.effects.effect(f"version {ref.version}"):
            self._outside.versions.append((tags["retrain"], ref))
        self._alias("challenger", ref.version)
        return ref

    def note(self, *_: Any) -> None:
        """Nobody looks at it."""

    def point(self, champion: int, previous: int | None) -> None:
        self._alias("champion", champion)
        self._alias("previous", previous)
        self._alias("challenger", None)

    def fetch(self, ref: ModelRef, cache: Path) -> Path:
        if ref.version in self._outside.broken:
            raise Refused(f"model.skops of version {ref.version} is not what was registered")
        return cache

    def _alias(self, name: str, version: int | None) -> None:
        with self._outside.effects.effect(f"alias {name} {version or 'off'}"):
            self._outside.aliases.pop(name, None)
            if version is not None:
                self._outside.aliases[name] = version


class _Training:
    """Gives a challenger that passes the gate, at once."""

    folder = Path("nowhere")

    def give(self, *_: Any) -> None:
        """Takes a job."""

    def poll(self) -> Result:
        gate = Gate(passed=True, reason="better", rows=9, champion=1.0, challenger=0.5, gain=0.5, low=0.1, high=0.9)
        return Result(chosen="all", rows=9, gate=gate, model_sha256="m", contract_sha256="c", trained_until=DAY)

    def close(self) -> None:
        """Nothing runs."""


class _Spare:
    def prepare(self) -> None:
        """Nothing to prepare."""

    def take(self) -> _Training:
        return _Training()

    def close(self) -> None:
        """Nothing runs."""


class _Lock:
    def check(self) -> None:
        """It is held."""


class _History:
    """Has enough labels."""

    def extend(self, connection: object) -> None:
        """Nothing is new."""

    def labelled(self, _as_of: int) -> int:
        return 10_000

    def known(self, as_of: int) -> Any:
        return _Data(as_of)


@dataclass
class _Data:
    as_of: int
    digest: str = "digest"
    values: dict[str, list[str]] = field(default_factory=dict)


class _Inspection:
    """Finds nothing wrong with samples and labels, and enough of them."""

    open = False

    def look(self, *_: Any) -> None:
        """There is nothing to see."""

    def verdict(self, *_: Any) -> Any:
        return SimpleNamespace(doubt=None)

    def labels(self, *_: Any) -> int:
        return 10_000

    def dataset(self, as_of: int, _champion: ModelRef) -> tuple[_Data, dict[str, str]]:
        return _Data(as_of), {}

    def on_decision(self, _decision: Decision) -> None:
        """It is nobody's business here."""


class Process:
    """One life of a retrainer: it reads the topics from their beginning, then what comes."""

    def __init__(self, outside: Outside, declared: Declaration) -> None:
        self._outside, self._proof = outside, Proof()
        fakes: dict[str, Any] = {
            "registry": Registry(outside), "journal": Journal(outside), "history": _History(), "spare": _Spare(),
            "inspection": _Inspection(), "connect": lambda: outside.effects.effect("connection to PostgreSQL"),
        }  # fmt: skip
        means = Means(
            declaration=declared, text=b"", kafka="", home=Path("nowhere"), proof=self._proof,
            evidence=Evidence(declared.wait_ms), clock=lambda: 0.0, partitions=PARTITIONS, **fakes,
        )  # fmt: skip
        lock: Any = _Lock()
        self._worker = Retrainer(means, lock, {})
        self._read = dict.fromkeys(("decisions", "models", "events", "requests", "performance"), 0)
        self._takes: dict[str, Callable[[Any], None]] = {
            "decisions": self._worker.on_decision, "models": self._worker.on_models, "events": self._worker.on_event,
            "requests": self._worker.on_request, "performance": self._worker.on_performance,
        }  # fmt: skip
        self._take(*self._read)

    def run(self, looks: int = 8) -> None:
        """Takes in what is new, and acts until nothing is left to do; scorers take up what they are told."""
        self._take("events", "requests", "performance")
        for _ in range(looks):
            for one in self._outside.served():
                self._worker.on_served(one)
            try:
                self._worker.idle()
            except Unavailable:  # the loop calls again
                continue

    def read_again(self) -> None:
        """What it wrote to `models` comes back to it, one record at a time; it acts after each."""
        for models in tuple(self._outside.models):
            self._worker.on_models(models)
            self._worker.idle()

    def _take(self, *topics: str) -> None:
        for topic in topics:
            records = getattr(self._outside, topic)
            for record in records[self._read[topic] :]:
                self._takes[topic](record)
            self._read[topic] = len(records)


@dataclass(frozen=True)
class Play:
    """What happens on which day, what each version loses, and how many days it goes on."""

    name: str
    days: int
    losses: Callable[[int], float]
    happens: dict[int, Callable[[Outside], None]]
    shadow: str = "none"
    watch: str = "10d"


def declared(play: Play) -> Declaration:
    """The declaration of a play."""
    lengths = f'[promotion]\nshadow = "{play.shadow}"\nwatch = "{play.watch}"'
    label = '[label]\nmax_delay = "2h"\nwait = "1h"\n'
    return parse(text("toy").replace(b"[promotion]", f"{label}{lengths}".encode()), "toy.toml")


def perform(play: Play, effects: Effects, *, late: bool = False) -> Outside:
    """Plays it to its end; a process that dies is started again at once. `late` it reads its own records once more."""
    outside = Outside(effects)
    outside.versions.append(("history-1", reference(1)))
    outside.aliases["champion"] = 1
    outside.models.append(
        Models(
            stream="toy", champion=reference(1), previous=None, shadows=[reference(1)], retrain="history-1", at=0
        )
    )  # fmt: skip
    process = Process(outside, declared(play))
    for day in range(10, 10 + play.days):
        outside.score(day, play.losses)
        if day in play.happens:
            play.happens[day](outside)
        while True:
            try:
                process.run()
                if late:
                    process.read_again()
            except Killed:
                process = Process(outside, declared(play))
            else:
                break
    return outside


@contextmanager
def without_servers() -> Iterator[None]:
    """Kafka's ends, PostgreSQL's positions and the cache are not asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival, "ends", lambda *_: {})
        patch.setattr(arrival, "missing", lambda *_: {})
        patch.setattr(witness, "cause", lambda *_: None)
        patch.setattr(flight, "keep", lambda *_: None)
        patch.setattr(flight, "discard", lambda _: None)
        yield


def drift(number: int) -> Callable[[Outside], None]:
    """A drift event about version 1."""

    def happens(outside: Outside) -> None:
        outside.events.append(
            DriftEvent(
                id=f"toy:{number}", incident="i", stream="toy", version=1, kind="opened",
                event_time=outside.performance[-1].watermark, shifts=[], sentence="x moved",
            )
        )  # fmt: skip

    return happens


def asks(number: int, kind: str, version: int | None = None, *, force: bool = False) -> Callable[[Outside], None]:
    """A person's request."""
    request = msgspec.convert(
        {
            "id": f"request-{number}", "kind": kind, "who": "ann", "why": "I say so", "at": 0, "version": version,
            "force": force,
        },
        Request,
    )  # fmt: skip
    return lambda outside: outside.requests.append(request)
