"""The judge on real Kafka: inputs and outcomes are ruled on once each, whatever ends it and whenever."""

import uuid
from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from infra import kafka, provisioning
from infra.embedded import Endpoints
from schemas import messages, sketch
from schemas.declaration import Declaration
from schemas.reference import OUTCOMES
from schemas.topics import Topics
from streams import court
from streams.hindsight import kept, rejudge
from streams.summarize import Counter as CellCounter
from support.loop_suite import wait
from support.models import MINUTE, declaration
from support.sketches import COUNTERS, PANES
from support.sketches import rows as sketches
from support.turnouts import rows as outcomes


def made(servers: Endpoints) -> Declaration:
    toy = declaration()
    given = replace(
        toy,
        stream=replace(toy.stream, name=f"c{uuid.uuid4().hex[:10]}"),
        drift=replace(toy.drift, budget="1d"),
    )
    provisioning.topics(servers.kafka, given)
    return given


def send(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = kafka.producer(bootstrap)
    for number, value in enumerate(values):
        producer.produce(topic, value, f"{values[0]!r}{number}", partition=0, on_delivery=_arrived)
    assert producer.flush(30) == 0


def _arrived(error: object, _: object) -> None:
    assert error is None


def counters(_: set[int]) -> Mapping[int, CellCounter]:
    return COUNTERS


def sit(servers: Endpoints, declared: Declaration, inputs: int, outcomes: int = 0) -> None:
    """A judge that takes its seat, rules on so many panes of either, and is gone without a word."""
    found = court.open_court(servers.kafka, declared, counters)
    docket = found.docket.judge

    def ruled() -> bool:
        found.sit()
        return (found.judge.judged, docket.judged.get(1, 0)) == (inputs * MINUTE, outcomes * MINUTE)

    try:
        wait(ruled)
    finally:
        found.close()


def test_inputs_and_outcomes_are_ruled_on_once_each_across_restarts(servers: Endpoints) -> None:
    declared = made(servers)
    topics, name = Topics(declared.name), declared.name
    inputs = [sketch.encode(row) for row in sketches(6, [0, 1, 2])]
    turned = [messages.encode(row) for row in outcomes(24, worse_from=16)]
    send(servers.kafka, topics.sketches, inputs[:14])
    sit(servers, declared, 4)
    send(servers.kafka, topics.sketches, inputs[14:])
    send(servers.kafka, topics.outcomes, turned[:8])
    sit(servers, declared, PANES, 8)
    send(servers.kafka, topics.outcomes, turned[8:])
    sit(servers, declared, PANES, 24)
    sit(servers, declared, PANES, 24)

    live = [messages.decode_drift(m.value() or b"") for m in kafka.read(servers.kafka, topics.drift, 0)]
    keys = Counter((row.version, row.pane_end, row.window, row.feature) for row in live)
    assert set(keys.values()) == {1}
    assert len({row.pane_end for row in live if row.feature not in OUTCOMES}) == PANES
    assert len({row.pane_end for row in live if row.feature in OUTCOMES}) == 24
    events = [messages.decode_event(m.value() or b"") for m in kafka.read(servers.kafka, topics.drift_events, 0)]
    assert [event.kind for event in events if event.subject == "outcomes"] == ["opened"]
    assert len({event.id for event in events}) == len(events)

    rows, _ = kept.sketches(servers.kafka, topics)
    now = [
        *rejudge.judged(declared, rejudge.past(declared, rows, COUNTERS)),
        *rejudge.turned_out(declared, kept.outcomes(servers.kafka, topics), COUNTERS),
    ]
    record = kept.live(servers.kafka, topics)
    assert rejudge.agreement(now, record.rows, record.events).whole
    assert name == events[0].stream


def test_a_record_from_before_outcomes_were_judged_is_gone_on_from(servers: Endpoints) -> None:
    declared = made(servers)
    topics = Topics(declared.name)
    inputs = [sketch.encode(row) for row in sketches(6, [0, 1, 2])]
    send(servers.kafka, topics.sketches, inputs[: 3 * 6])
    sit(servers, declared, 6)
    bare = [m.value() or b"" for m in kafka.read(servers.kafka, topics.drift, 0)]
    send(servers.kafka, topics.drift, bare[-1:])  # without the header
    send(servers.kafka, topics.sketches, inputs[3 * 6 :])
    sit(servers, declared, PANES)

    live = [messages.decode_drift(m.value() or b"") for m in kafka.read(servers.kafka, topics.drift, 0)]
    keys = Counter((row.version, row.pane_end, row.window, row.feature) for row in live)
    assert sorted(keys.values())[-2:] == [1, 2]  # but for the one that was written by hand
    assert len({row.pane_end for row in live}) == PANES
