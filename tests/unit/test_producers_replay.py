"""The replay: pace, holding, stopping, and every record vouched for; the broker is the client library's own mock."""

import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from confluent_kafka import KafkaError, Producer
from hypothesis import given
from hypothesis import strategies as st

from producers.clientlog import AGAIN_S, client_log
from producers.events import Event, Timeline
from producers.generate import Traffic, traffic
from producers.hold import InFlight
from producers.interrupts import Stop
from producers.outlet import Outlet
from producers.pace import LONGEST_WAIT_S, SLICE_S, Pace
from producers.replay import Outcome, moment, replay
from producers.tables import Samples
from schemas.errors import LeewayError, Refused, Unavailable
from schemas.messages import FINAL_STEPS, Decision, Step


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Sink(Outlet):
    """Keeps what is sent, with the clock's time; waiting moves the clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[tuple[float, Event]] = []
        self.drains: list[int] = []

    def send(self, events: Sequence[Event]) -> None:
        self.sent += [(self.clock.now, event) for event in events]

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def drain(self) -> None:
        self.drains.append(len(self.sent))

    def discard(self) -> None:
        pass


class Silent:
    def __init__(self) -> None:
        self.events = 0
        self.holds: list[str | None] = []

    def advanced(self, events: int, moment: int) -> None:
        assert moment > 0
        self.events += events

    def held(self, retrain: str | None) -> None:
        self.holds.append(retrain)


def decision(step: Step, retrain: str = "e-1") -> Decision:
    return Decision(retrain=retrain, event="e", stream="s", step=step, reason="", event_time=1, at=1)


def timeline(n: int = 300, step_ms: int = 1_000) -> Timeline:
    made = traffic(Traffic(n=n, step_ms=step_ms, delay_ms=5_000))
    return Timeline([made.samples, made.labels])


@given(st.lists(st.tuples(st.sampled_from(["run", "hold", "go"]), st.floats(0, 100)), max_size=20), st.floats(0.1, 1e6))
def test_event_time_advances_by_speed_times_the_time_that_was_not_held(
    steps: list[tuple[str, float]], speed: float
) -> None:
    clock = Clock()
    pace, held, running = Pace(1_000, speed, clock), False, 0.0
    for what, seconds in steps:
        if what == "hold":
            pace.hold()
            held = True
        elif what == "go":
            pace.go()
            held = False
        clock.now += seconds
        running += 0 if held else seconds
        assert pace.now() == pytest.approx(1_000 + running * 1000 * speed, rel=1e-6, abs=speed * 1e-6)


@given(st.integers(0, 10**7), st.floats(0.1, 1e6))
def test_a_wait_is_neither_a_busy_loop_nor_deaf(moment: int, speed: float) -> None:
    assert SLICE_S <= Pace(0, speed, Clock()).wait_s(moment) <= LONGEST_WAIT_S


def test_no_record_is_sent_before_its_time_nor_much_after() -> None:
    clock, events, speed = Clock(), timeline(), 50.0
    sink = Sink(clock)
    outcome = replay(events, sink, Pace(events.first, speed, clock), threading.Event(), Silent(), clock=clock)
    due = [100.0 + (event.time - events.first) / 1000 / speed for _, event in sink.sent]
    assert all(-1e-6 <= at - when <= SLICE_S + 1e-6 for (at, _), when in zip(sink.sent, due, strict=True))
    assert (outcome.samples, outcome.labels, outcome.complete) == (300, 300, True)
    assert all(a.time <= b.time for (_, a), (_, b) in pairwise(sink.sent))
    assert sink.drains == [600]


@pytest.mark.parametrize("speed", [None, 50.0])
def test_nothing_is_sent_while_a_retrain_is_in_flight_and_the_held_time_does_not_count(speed: float | None) -> None:
    clock, events, flight, audience = Clock(), timeline(5_000, 1), InFlight(), Silent()
    done = threading.Event()

    class Starting(Sink):
        def send(self, events: Sequence[Event]) -> None:
            super().send(events)
            if not self.drains and len(self.sent) > 2_000:
                flight.apply(decision("started"))

        def drain(self) -> None:
            super().drain()
            if flight.retrain is not None:
                clock.now += 1_000
                flight.apply(decision("promoted"))
                done.set()

    sink = Starting(clock)
    replay(events, sink, Pace(events.first, speed, clock), threading.Event(), audience, flight, clock)
    assert done.is_set()
    assert len(sink.sent) == 10_000
    before, after = sink.sent[: sink.drains[0]], sink.sent[sink.drains[0] :]
    assert before[-1][0] + 1_000 <= after[0][0]
    assert audience.holds == ["e-1", None]
    if speed is not None:
        assert after[-1][0] - 1_000 - 100 == pytest.approx(
            (after[-1][1].time - events.first) / 1000 / speed, abs=SLICE_S
        )


def test_a_stop_ends_the_replay_cleanly_and_says_how_far_it_came() -> None:
    clock, events, stop = Clock(), timeline(), Stop()

    class Stopping(Sink):
        def send(self, events: Sequence[Event]) -> None:
            super().send(events)
            stop.event.set()

    sink = Stopping(clock)
    outcome = replay(events, sink, Pace(events.first, 10, clock), stop.event, Silent(), clock=clock)
    assert not outcome.complete
    assert outcome.samples == len(sink.sent) == sink.drains[0] == 1
    assert outcome.sentence().startswith("Stopped after 1 samples and 0 labels")
    assert "Go on with --from 2025-01-01T00:00:00Z" in outcome.sentence()


def test_a_stop_ends_a_hold() -> None:
    clock, events, stop, flight = Clock(), timeline(), threading.Event(), InFlight()
    flight.apply(decision("started"))

    class Held(Sink):
        def drain(self) -> None:
            super().drain()
            stop.set()

    assert replay(events, Held(clock), Pace(events.first, None, clock), stop, Silent(), flight, clock).samples == 0


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["requested", "started", "gated", *FINAL_STEPS])))
)
def test_a_retrain_is_in_flight_from_its_start_to_a_final_step(steps: list[tuple[str, Step]]) -> None:
    flight, expected = InFlight(), set[str]()
    for retrain, step in steps:
        flight.apply(decision(step, retrain))
        expected = (
            expected | {retrain} if step == "started" else expected - ({retrain} if step in FINAL_STEPS else set())
        )
        assert (flight.retrain is not None) == bool(expected)
        assert flight.retrain is None or flight.retrain in expected


def test_unreadable_decisions_end_the_replay_instead_of_holding_it_for_ever() -> None:
    flight = InFlight()
    flight.fail(Unavailable("gone"))
    clock, events = Clock(), timeline()
    with pytest.raises(Unavailable, match="gone"):
        replay(events, Sink(clock), Pace(events.first, None, clock), threading.Event(), Silent(), flight, clock)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    yield str(next(iter(cluster.list_topics(timeout=10).brokers.values()))).split("/")[0]
    cluster.flush(0)  # the cluster lives as long as the client that made it


def test_a_record_that_kafka_refuses_is_an_error_that_names_it(broker: str) -> None:
    outlet = Outlet(broker, "big", print, **{"message.max.bytes": 2_000})
    outlet.check(10)
    events = Timeline(
        [Samples(np.array([5]), np.array(["giant"], dtype=object), {"x": np.array(["y" * 3_000], dtype=object)})]
    )
    with pytest.raises(Refused, match=r"record giant was not delivered to big\.samples") as caught:
        replay(events, outlet, Pace(5, None), threading.Event(), Silent())
    assert "Correct or leave out" in str(caught.value)


def test_a_full_queue_is_waited_for_and_nothing_is_lost(broker: str) -> None:
    outlet = Outlet(broker, "narrow", print, **{"queue.buffering.max.messages": 10})
    outlet.check(10)
    events, audience = timeline(200), Silent()
    outcome = replay(events, outlet, Pace(events.first, None), threading.Event(), audience)
    assert (outcome.samples, outcome.labels, outcome.complete, audience.events) == (200, 200, True, 400)


def test_a_lost_broker_is_said_with_the_record_that_was_not_delivered() -> None:
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    address = str(next(iter(cluster.list_topics(timeout=10).brokers.values()))).split("/")[0]
    outlet = Outlet(address, "lost", print, **{"delivery.timeout.ms": 300, "request.timeout.ms": 200})
    outlet.check(10)
    del cluster
    events = timeline(5)
    with pytest.raises(LeewayError, match=r"record 0-000000\d was not delivered to lost\.") as caught:
        replay(events, outlet, Pace(events.first, None), threading.Event(), Silent())
    assert caught.value.exit_code in (70, 75)


def test_a_kafka_that_does_not_answer_is_said_after_the_patience() -> None:
    said: list[str] = []
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not answer"):
        Outlet("127.0.0.1:1", "s", said.append).check(0.5)
    assert 1 <= len(said) <= 3


def test_a_complaint_of_the_client_is_said_again_only_after_a_while() -> None:
    said, clock = list[str](), Clock()
    logger = client_log(said.append, clock)
    for port in range(5):
        logger.error("FAIL connect to 127.0.0.1:%d", port)
    clock.now += AGAIN_S
    logger.error("FAIL connect to 127.0.0.1:9")
    assert said == ["Kafka client: FAIL connect to 127.0.0.1:0", "Kafka client: FAIL connect to 127.0.0.1:9"]


def test_the_summary_is_one_line() -> None:
    done = Outcome(3, 2, 0.5, 1_735_689_600_500, complete=True)
    assert done.sentence() == "Sent 3 samples and 2 labels in 0.5 s (10 records/s), up to 2025-01-01T00:00:00.500Z."
    assert Outcome().sentence() == "Stopped after 0 samples and 0 labels in 0.0 s (- records/s)."
    assert moment(0) == "1970-01-01T00:00:00Z"
    assert KafkaError.INVALID_TIMESTAMP
