"""What the poll loop promises, said once: run against the fake topic and against real Kafka."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

from consumers import loop
from consumers.loop import Place, Source
from schemas.errors import Unavailable

DEADLINE_S = 60.0


class Rig(Protocol):
    """A topic of two partitions and the ways to read it."""

    def send(self, partition: int, count: int) -> None:
        """Appends records."""

    def group(self, start: int | None = None) -> Source:
        """A member of the rig's group; `start` is where it reads every partition from."""

    def everything(self) -> Source:
        """A reader of all partitions."""

    def committed(self) -> dict[int, int]:
        """What the group has committed."""


class Collector:
    """A handler that notes what it gets, can fail, and stops the loop when it has seen enough."""

    def __init__(self, stop: threading.Event, enough: int, fail: int = 0) -> None:
        self.stop = stop
        self.enough = enough
        self.fail = fail
        self.attempts: list[list[tuple[int, int]]] = []
        self.seen: list[tuple[int, int]] = []
        self.reached: dict[Place, int] = {}
        self.idled = 0

    def handle(self, messages: Sequence[Any], reached: Mapping[Place, int], /) -> None:
        places = [(message.partition(), message.offset()) for message in messages]
        self.attempts.append(places)
        if self.fail and places:
            self.fail -= 1
            raise Unavailable("the database is away")
        self.seen += places
        self.reached |= reached
        if len(set(self.seen)) >= self.enough:
            self.stop.set()

    def idle(self) -> None:
        self.idled += 1
        if self.enough == 0:
            self.stop.set()


def collect(source: Source, enough: int, *, fail: int = 0, patience_s: float = 30) -> Collector:
    """Runs the loop until so many records were seen; a deadline ends it in any case."""
    stop = threading.Event()
    deadline = threading.Timer(DEADLINE_S, stop.set)
    deadline.start()
    found = Collector(stop, enough, fail)
    try:
        loop.run(source, found, stop, batch=100, wait_s=0.1, patience_s=patience_s)
    finally:
        deadline.cancel()
        deadline.join()
    return found


@contextmanager
def looping(stop: threading.Event, *members: tuple[Source, Collector]) -> Iterator[None]:
    """Each member's loop in a thread of its own; they end with the block, whatever happens in it."""
    threads = [threading.Thread(target=loop.run, args=(*member, stop), kwargs={"wait_s": 0.1}) for member in members]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(DEADLINE_S)
            assert not thread.is_alive()


class LoopSuite:
    """The promises; a subclass gives the fixture `rig`."""

    def test_all_records_come_in_order_and_are_committed(self, rig: Rig) -> None:
        rig.send(0, 250)
        rig.send(1, 30)
        found = collect(rig.group(), 280)
        assert [place for place in found.seen if place[0] == 0] == [(0, offset) for offset in range(250)]
        assert [place for place in found.seen if place[0] == 1] == [(1, offset) for offset in range(30)]
        assert rig.committed() == {0: 250, 1: 30}

    def test_a_later_member_goes_on_where_the_last_one_ended(self, rig: Rig) -> None:
        rig.send(0, 10)
        collect(rig.group(), 10)
        rig.send(0, 5)
        assert collect(rig.group(), 5).seen == [(0, offset) for offset in range(10, 15)]

    def test_a_fault_gives_the_same_batch_again(self, rig: Rig) -> None:
        rig.send(0, 10)
        found = collect(rig.group(), 10, fail=2)
        tries = [places for places in found.attempts if places]
        assert tries[0] == tries[1] == tries[2]
        assert found.seen == [(0, offset) for offset in range(10)]

    def test_a_lasting_fault_ends_with_positions_kept(self, rig: Rig) -> None:
        rig.send(0, 10)
        with pytest.raises(Unavailable, match="the database is away"):
            collect(rig.group(), 10, fail=1_000, patience_s=0)
        assert 0 not in rig.committed()
        assert len(collect(rig.group(), 10).seen) == 10

    def test_a_stop_during_a_fault_is_a_clean_end_with_positions_kept(self, rig: Rig) -> None:
        rig.send(0, 10)
        stop = threading.Event()
        failing = Collector(stop, 10, fail=1_000)
        with looping(stop, (rig.group(), failing)):
            wait(lambda: len([places for places in failing.attempts if places]) >= 2)
        assert 0 not in rig.committed()

    def test_idle_is_called_when_nothing_comes(self, rig: Rig) -> None:
        assert collect(rig.group(), 0).idled >= 1

    def test_reading_begins_where_the_handler_says(self, rig: Rig) -> None:
        rig.send(0, 10)
        collect(rig.group(), 10)
        assert collect(rig.group(start=7), 3).seen[:3] == [(0, 7), (0, 8), (0, 9)]

    def test_everything_is_read_from_the_beginning_each_time(self, rig: Rig) -> None:
        rig.send(0, 10)
        rig.send(1, 10)
        for _ in range(2):
            assert len(collect(rig.everything(), 20).seen) == 20


def wait(condition: Any, deadline_s: float = DEADLINE_S) -> None:
    """Until it is true; fails at the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        threading.Event().wait(0.02)
