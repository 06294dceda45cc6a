"""The quality gate at work: looks when a pane has ended, opens and closes data incidents, and makes the data set."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from consumers.journal import Journal
from consumers.retrainer import arrival
from consumers.retrainer.governor import DOUBT
from consumers.retrainer.history import History
from consumers.retrainer.quality import judge, leftout, rejects, words
from consumers.retrainer.quality.judge import Quality
from consumers.retrainer.quality.leftout import Span
from consumers.training.dataset import Dataset
from infra import contractfile
from infra.bundle import CONTRACT
from infra.postgres import connect
from infra.postgres.connection import Connection
from infra.registry import Registry
from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.messages import Decision, DriftEvent, Figures, ModelRef
from schemas.reference import Contract
from schemas.topics import Topics

DIGEST, ROWS, LEFT_OUT = "dataset_sha256", "dataset_rows", "left_out"
SAMPLES, LABELS = "samples_read", "labels_read"
"""Figures of a decision: the data set, what was not trained on, and the offsets that were read up to by partition."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A look at what was known at `as_of`, which waits until PostgreSQL holds what the topics held then."""

    as_of: int
    wanted: dict[arrival.Place, int]
    deadline: float


class Inspection:
    """Call `look` often: it returns at once where nothing is new, or PostgreSQL is behind the topics.

    `contract` gives the reference of a version, `ends` where the topics end now, `clock` monotonic seconds.
    """

    def __init__(
        self,
        declaration: Declaration,
        history: History,
        contract: Callable[[ModelRef], Contract],
        connect: Callable[[], Connection],
        ends: Callable[[], dict[arrival.Place, int]],
        tell: Callable[[DriftEvent], None],
        clock: Callable[[], float],
    ) -> None:
        self._declaration, self._history, self._contract = declaration, history, contract
        self._connect, self._ends, self._publish, self._clock = connect, ends, tell, clock
        self._asked: _Asked | None = None
        self._found: tuple[int, Quality] | None = None
        self._left_out: set[Span] = set()
        self._events: set[str] = set()
        self._incident: str | None = None
        self._told: set[str] = set()

    @property
    def open(self) -> bool:
        """Whether a data incident is."""
        return self._incident is not None

    def on_event(self, event: DriftEvent) -> None:
        """A data incident's event, of this process or an earlier one."""
        self._events.add(event.id)
        self._incident = None if event.kind == "closed" else event.incident

    def on_decision(self, decision: Decision) -> None:
        """What an earlier training left out, later ones leave out too."""
        self._left_out.update(leftout.parse(str(decision.figures.get(LEFT_OUT) or "")))

    def look(self, now: int, champion: ModelRef) -> None:
        """Looks at the panes that have ended until `now`, epoch ms.

        Raises:
            Unavailable: a server is away; calling again goes on.
            Refused: the champion's reference cannot be read.
        """
        if self._asked is None:
            if self.verdict(now, champion, 0) is not None:
                return
            self._asked = _Asked(now, self._ends(), self._clock() + arrival.LIMIT_S)
        asked = self._asked
        with self._connect() as connection:
            behind = arrival.missing(connection, self._declaration.name, asked.wanted)
            if behind and self._clock() < asked.deadline:
                return
            self._asked = None
            quality = _late(asked.as_of, behind) if behind else self._judged(connection, asked.as_of, champion)
        self._found = champion.version, quality
        if not behind:
            self._tell(quality, champion)

    def verdict(self, now: int, champion: ModelRef, old_panes: int = 1) -> Quality | None:
        """What the last look found, unless more than `old_panes` panes have ended since; None without one."""
        if self._found is None or self._found[0] != champion.version:
            return None
        pane, quality = self._declaration.pane_ms, self._found[1]
        return quality if now // pane - quality.as_of // pane <= old_panes else None

    def labels(self, now: int, since: int) -> int:
        """Labelled rows that would be trained on at `now`, with event times from `since` on."""
        times, known = self._history.answered(now)
        return int((leftout.kept(times, known, self._spans()) & (times >= since)).sum())

    def dataset(self, as_of: int, champion: ModelRef) -> tuple[Dataset, Figures]:
        """What a retrain is trained on, and the figures from which it can be made again."""
        history = self._history
        with self._connect() as connection:
            quality = self._judge(connection, as_of, champion)
        self._found = champion.version, quality
        samples, labels = history.reached()
        spans = leftout.written(self._spans())
        data = leftout.without(history.known(as_of), leftout.parse(spans))
        return data, {
            DIGEST: data.digest, ROWS: len(data), SAMPLES: _text(samples), LABELS: _text(labels), LEFT_OUT: spans,
        }  # fmt: skip

    def _spans(self) -> set[Span]:
        return self._left_out | set(self._found[1].left_out if self._found else ())

    def _judged(self, connection: Connection, as_of: int, champion: ModelRef) -> Quality:
        """Without a reference to hold it against, nothing can be said for what is known."""
        try:
            return self._judge(connection, as_of, champion)
        except Refused as error:
            return Quality(as_of, [], [], f"{DOUBT}: no reference: {error}")

    def _judge(self, connection: Connection, as_of: int, champion: ModelRef) -> Quality:
        declared, contract = self._declaration, self._contract(champion)
        self._history.extend(connection)
        since = judge.since(declared, contract)
        aside = rejects.by_pane(connection, declared, since)
        seen = self._history.observed(since, as_of, aside)
        return judge.judge(declared, contract, seen, as_of, sorted(self._left_out))

    def _tell(self, quality: Quality, champion: ModelRef) -> None:
        """Opens a data incident, says that it has grown, or closes it."""
        broken = quality.broken
        names = {one.column for one in broken}
        if names <= self._told and bool(names) == self.open:
            return
        stream = self._declaration.name
        incident = self._incident or _id(stream, "data", broken[0].column, broken[0].start)
        kind = "closed" if not broken else "escalated" if self._incident else "opened"
        event = DriftEvent(
            id=_id(incident, *sorted(names)),
            incident=incident,
            stream=stream,
            version=champion.version,
            kind=kind,  # type: ignore[arg-type] # one of the three
            event_time=quality.as_of,
            shifts=[],
            sentence=f"{stream}: {words.told(broken) if broken else 'nothing that is known is in doubt any more.'}",
            subject="data",
        )
        self._told = names
        if event.id not in self._events:
            self._publish(event)
            self.on_event(event)


def opened(
    declaration: Declaration, settings: Settings, registry: Registry, history: History, journal: Journal
) -> Inspection:
    """An inspection on real servers."""
    name, cache = declaration.name, settings.home / "models"

    @lru_cache(2)
    def contract(ref: ModelRef) -> Contract:
        return contractfile.read(registry.fetch(ref, cache) / CONTRACT, ref)

    return Inspection(
        declaration,
        history,
        contract,
        connect=lambda: connect(settings.postgres, application=f"{name}.retrainer.quality", patience_s=0),
        ends=lambda: arrival.ends(settings.kafka, Topics(name)),
        tell=journal.notice,
        clock=time.monotonic,
    )


def _late(as_of: int, behind: dict[arrival.Place, int]) -> Quality:
    return Quality(as_of, [], [], f"{DOUBT}: PostgreSQL is late: {arrival.words(behind)}")


def offsets(text: str) -> dict[int, int]:
    """What a figure SAMPLES or LABELS says.

    Raises:
        ValueError: it is none.
    """
    pairs = (part.split(":") for part in text.split())
    return {int(partition): int(offset) for partition, offset in pairs}


def _text(offsets: Mapping[int, int]) -> str:
    return " ".join(f"{partition}:{offset}" for partition, offset in sorted(offsets.items()))


def _id(*parts: str | int) -> str:
    """The same parts give the same id, so that an event that is sent again is known again."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:16]
