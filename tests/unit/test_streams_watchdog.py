"""The watchdog ends what stands still while records wait, and nothing else."""

from dataclasses import dataclass, field

import pytest

from infra import kafka
from infra.identity import Identity
from schemas.errors import Fatal, Refused, Unavailable
from streams.watchdog import STALL_S, Place, Watchdog


@dataclass
class World:
    """What the watchdog sees, at a time that the test sets."""

    held: dict[int, Place] = field(default_factory=lambda: {0: (10, 10)})
    ends: dict[int, int] = field(default_factory=lambda: {0: 20})
    records: bool = True
    away: bool = False
    now: float = 0.0

    def end(self, partition: int) -> int:
        if self.away:
            raise Unavailable("no answer")
        return self.ends[partition]

    def watchdog(self) -> Watchdog:
        return Watchdog("toy.frames", lambda: self.held, self.end, lambda *_: self.records, clock=lambda: self.now)


def looks(world: World, watchdog: Watchdog, seconds: float) -> None:
    until = world.now + seconds
    while world.now < until:
        world.now += 5
        watchdog.look()


def test_records_that_wait_while_nothing_is_committed_end_the_process() -> None:
    world = World()
    dog = world.watchdog()
    looks(world, dog, STALL_S)
    with pytest.raises(Fatal, match=r"toy\.frames/0 stands at 10 for 60 s"):
        looks(world, dog, 5)


def test_the_time_is_a_setting() -> None:
    world = World()
    dog = world.watchdog()
    dog.stall_s = 10
    with pytest.raises(Fatal):
        looks(world, dog, 15)


def test_idle_is_no_stall() -> None:
    world = World(ends={0: 10})
    dog = world.watchdog()
    looks(world, dog, 10 * STALL_S)
    world.ends[0] = 11  # a record after a long silence has the whole time again
    looks(world, dog, STALL_S)


def test_without_a_model_samples_wait_and_nothing_ends() -> None:
    world = World(held={})
    looks(world, world.watchdog(), 10 * STALL_S)


@pytest.mark.parametrize("step", [(1, 0), (0, 1)])
def test_what_moves_may_be_behind_for_ever(step: Place) -> None:
    world = World(ends={0: 10**6})
    dog = world.watchdog()
    for _ in range(5):
        looks(world, dog, STALL_S - 5)
        reach, done = world.held[0]
        world.held[0] = reach + step[0], done + step[1]


def test_one_partition_that_stands_is_not_hidden_by_others_that_move() -> None:
    world = World(held={0: (10, 10), 1: (0, 0)}, ends={0: 20, 1: 10**6})
    dog = world.watchdog()
    for i in range(12):
        world.held[1] = i, i
        looks(world, dog, 5)
    with pytest.raises(Fatal, match=r"toy\.frames/0"):
        looks(world, dog, 5)


def test_transaction_markers_are_no_records() -> None:
    world = World(records=False)
    looks(world, world.watchdog(), 5 * STALL_S)


def test_partitions_that_come_and_go_in_a_storm_of_rebalances_are_still_seen_to_stand() -> None:
    world = World()
    dog = world.watchdog()
    for i in range(13):
        world.held = {} if i % 2 else {0: (10, 10)}
        if i < 12:
            looks(world, dog, 5)
    with pytest.raises(Fatal):
        looks(world, dog, 5)


def test_a_partition_held_elsewhere_in_between_has_the_whole_time_again() -> None:
    world = World()
    dog = world.watchdog()
    looks(world, dog, 30)
    world.held = {}
    looks(world, dog, STALL_S + 5)
    world.held = {0: (10, 10)}
    looks(world, dog, STALL_S)


def test_samples_made_again_under_a_running_process_are_refused() -> None:
    world = World(ends={0: 10})
    dog = world.watchdog()
    ids = ["first", "", "first", "second"]  # empty: Kafka knows no such topic at the moment
    dog.same_source = Identity("toy.samples", lambda: ids.pop(0)).check
    for _ in range(3):
        dog.look()
    with pytest.raises(Refused, match="deleted and made again"):
        dog.look()


def test_while_the_broker_is_away_nobody_is_blamed_until_patience_ends() -> None:
    world = World()
    dog = world.watchdog()
    looks(world, dog, STALL_S)
    world.away = True
    looks(world, dog, kafka.PATIENCE_S)
    world.away = False
    looks(world, dog, STALL_S)
    world.away = True
    with pytest.raises(Unavailable, match="Offsets are kept"):
        looks(world, dog, kafka.PATIENCE_S + 10)
