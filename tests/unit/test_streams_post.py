"""Taking and committing take turns on one lane; frames that come during a commit wait for it, in order."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from schemas.frame import Frame, decode, encode
from streams.post import AHEAD, PAUSE_S, Post


@dataclass
class Lane:
    """Notes what it is given; a commit lasts until `go` is set."""

    log: list[str] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    open: bool = False
    state: Any = field(default_factory=lambda: SimpleNamespace(number=0, position=SimpleNamespace(reach=0)))

    def receive(self, data: bytes, offset: int, _serving: object) -> None:
        self.log.append(f"take {decode(data).first}")
        self.state.position.reach = offset + 1
        self.open = True

    def commit(self) -> None:
        self.log.append("commit")
        self.begun.set()
        assert self.go.wait(20)
        self.log.append("committed")
        self.open = False


def post(lane: Lane) -> Post:
    return Post(lane, 0.0)  # type: ignore[arg-type] # a lane that only notes


def event(offset: int, log: list[str]) -> Any:
    data = encode(Frame(0, offset, offset, [0], [0], [None], [b"{}"]))
    message = SimpleNamespace(offset=offset)
    return SimpleNamespace(message=message, value=data, ack=lambda: log.append(f"ack {offset}"))


async def take(at: Post, offset: int, now: float = 0.0) -> None:
    await at.take(event(offset, at.lane.log), None, now)  # type: ignore[attr-defined, arg-type] # as above


async def commit(at: Post, apart: ThreadPoolExecutor, *, settled: bool = True) -> None:
    async with at.turn():
        await at.commit(apart, settled=lambda: settled)


def test_frames_that_come_during_a_commit_are_taken_after_it_in_order() -> None:
    lane = Lane()

    async def run() -> None:
        at = post(lane)
        with ThreadPoolExecutor(1) as apart:
            await take(at, 0)
            under_way = asyncio.create_task(commit(at, apart))
            await asyncio.to_thread(lane.begun.wait, 20)
            await take(at, 1)
            await take(at, 2)
            assert lane.log == ["take 0", "commit"]
            lane.go.set()
            await under_way
        await take(at, 3)

    asyncio.run(run())
    assert lane.log == ["take 0", "commit", "committed", "ack 0", "take 1", "take 2", "take 3"]


def test_more_waiting_frames_than_allowed_hold_the_input_up() -> None:
    lane = Lane()

    async def run() -> None:
        at = post(lane)
        with ThreadPoolExecutor(1) as apart:
            await take(at, 0)
            under_way = asyncio.create_task(commit(at, apart))
            await asyncio.to_thread(lane.begun.wait, 20)
            for offset in range(1, AHEAD + 1):
                await take(at, offset)
            one_more = asyncio.create_task(take(at, AHEAD + 1))
            for _ in range(5):
                await asyncio.sleep(0)
            assert not one_more.done()
            lane.go.set()
            await asyncio.gather(under_way, one_more)

    asyncio.run(run())
    assert [line for line in lane.log if line.startswith("take")] == [f"take {i}" for i in range(AHEAD + 2)]


def test_a_frame_taken_before_is_acknowledged_and_nothing_else() -> None:
    lane = Lane()
    lane.state.position.reach = 5

    asyncio.run(take(post(lane), 4))

    assert lane.log == ["ack 4"]


def test_nothing_is_acknowledged_during_a_rebalance() -> None:
    lane = Lane()
    lane.go.set()

    async def run() -> None:
        at = post(lane)
        with ThreadPoolExecutor(1) as apart:
            await take(at, 0)
            await commit(at, apart, settled=False)

    asyncio.run(run())
    assert lane.log == ["take 0", "commit", "committed"]


def test_a_commit_is_due_after_a_pause_or_once_the_oldest_frame_has_waited() -> None:
    async def run() -> None:
        at = post(Lane())
        assert not at.due(100.0, every=0.25)
        await take(at, 0, now=10.0)
        assert not at.due(10.0 + PAUSE_S / 2, every=0.25)
        assert at.due(10.0 + PAUSE_S * 1.01, every=0.25)
        await take(at, 1, now=10.249)
        assert not at.due(10.2495, every=0.25)
        assert at.due(10.2501, every=0.25)
        async with at.turn():
            assert not at.due(20.0, every=0.25)

    asyncio.run(run())
