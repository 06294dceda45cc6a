"""The same samples give the same verdicts, byte for byte, however the work on them is dealt."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from infra import kafka
from infra.embedded import Endpoints
from schemas import messages
from schemas.messages import Served
from streams.hindsight import kept, rejudge
from streams.hindsight.recount import Recount
from streams.score import Serving
from support import models
from support.models import MINUTE, declaration
from support.processes import end, until
from support.records import sample
from support.toy_stream import TOPICS, Stream, running

PANES, MOVED, A_PANE = 24, range(7, 12), 250
"""Panes that are sent, those in which x has moved, and samples of each; the last one stays open."""
Published = list[tuple[Any, Any, Any]]
"""Key, value and time of each record, in order."""


@dataclass(frozen=True)
class Deal:
    """`kill`: one of the workers is killed amid the samples; `back`: it is started again."""

    partitions: int
    workers: int
    kill: bool = False
    back: bool = False


DEALS = (Deal(3, 2, kill=True, back=True), Deal(6, 2, kill=True), Deal(3, 1, kill=True, back=True))


def test_the_same_samples_give_the_same_verdicts_however_they_are_dealt(servers: Endpoints, tmp_path: Path) -> None:
    rows, events = dealt(servers.kafka, tmp_path, Deal(1, 1))

    panes = {messages.decode_drift(value).pane_end for _, value, _ in rows}
    assert panes == {MINUTE * (i + 1) for i in range(PANES - 1)}
    kinds = [messages.decode_event(value).kind for _, value, _ in events]
    assert (kinds[0], kinds[-1]) == ("opened", "closed")
    for deal in DEALS:
        assert dealt(servers.kafka, tmp_path, deal) == (rows, events), deal


def dealt(bootstrap: str, folder: Path, deal: Deal) -> tuple[Published, Published]:
    """What `drift` and `drift-events` hold once all samples were judged: sent in time's order, to any partition."""
    chance = random.Random(repr(deal))
    first, second, third = (samples()[i * PANES * A_PANE // 3 : (i + 1) * PANES * A_PANE // 3] for i in range(3))
    with running(bootstrap, folder, deal.partitions) as stream:
        stream.promote(1)
        stream.start("toy_framer")
        workers = [scorer(stream, number) for number in range(deal.workers)]
        send(stream, first, chance)
        until(lambda: any(position.next for position in stream.positions()), 60, f"someone is at work: {deal}")
        send(stream, second, chance)
        if deal.kill:
            end(workers[0])
        send(stream, third, chance)
        if deal.back:
            scorer(stream, 0)
        until(lambda: judged(stream) == (PANES - 1) * MINUTE, 60, f"all panes are judged: {deal}")
        counted_again(stream)
        return published(stream, TOPICS.drift), published(stream, TOPICS.drift_events)


def counted_again(stream: Stream) -> None:
    """Samples give the live verdicts again, byte for byte, without any sketch: `leeway what-if --recount`."""
    declared, version = declaration(stream.partitions), models.scorer(1)
    said = [msgspec.json.decode(m.value() or b"", type=Served) for m in kafka.read(stream.bootstrap, TOPICS.served, 0)]
    work = Recount(declared, lambda _: Serving(version))
    rows = list(work.rows(said, lambda number: kafka.read(stream.bootstrap, TOPICS.samples, number)))
    again = rejudge.judged(declared, rejudge.past(declared, rows, {1: version.counter}))
    live = kept.live(stream.bootstrap, TOPICS)
    found = rejudge.agreement(again, live.rows, live.events)
    assert work.samples == PANES * A_PANE
    assert (found.whole, found.same) == (True, len(live.rows) + len(live.events))


def scorer(stream: Stream, number: int) -> Any:
    return stream.start("toy_scorer", f"scorer-{number}", str(stream.partitions))


def samples() -> list[bytes]:
    """In time's order; numbers that no sum of floats gives alike in another order."""
    random = np.random.default_rng(1)
    count, step = PANES * A_PANE, MINUTE // A_PANE
    pane = np.arange(count) // A_PANE
    x = random.uniform(-3, 3, count) + 1.5 * np.isin(pane, MOVED)
    x[random.random(count) < 0.1] = np.nan
    color = random.choice(["blue", "red"], count, p=[200 / 330, 130 / 330])
    return [
        sample(i * step, f"id-{i}", x=None if np.isnan(value) else value, color=str(color[i]), open=i % 2 == 0)
        for i, value in enumerate(x.tolist())
    ]


def send(stream: Stream, values: Sequence[bytes], chance: random.Random) -> None:
    """In batches of any size."""
    place = 0
    while place < len(values):
        size = chance.randint(1, 400)
        for value in values[place : place + size]:
            stream.send(value, partition=chance.randrange(stream.partitions))
        stream.producer.flush()
        place += size


def judged(stream: Stream) -> int:
    """The end of the last pane in `drift`."""
    return max((time for _, _, time in published(stream, TOPICS.drift)), default=0)


def published(stream: Stream, topic: str) -> Published:
    return [(m.key(), m.value(), m.timestamp()[1]) for m in kafka.read(stream.bootstrap, topic, 0)]
