"""The Faust app: frames are scored by the lanes of the partitions that this worker is assigned; sketches are judged."""

import asyncio
import os
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import faust
import structlog
from faust.types import TP

from schemas import frame
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.errors import LeewayError, Refused
from schemas.topics import Topics
from streams.court import Court
from streams.lane import Lane
from streams.reload import Reload

IDLE_S = 5.0
"""A lane that has taken nothing for so long, and has nothing to take, says so."""
STOP_S = 8.0
"""Faust's stop may hang; a transaction that is cut off is invisible, so ending the process then is safe."""
JUDGE_S = 0.2
log = structlog.get_logger()


@dataclass(slots=True)
class Dependencies:
    """What the app is made with: clients and loaders, so that a test can give its own."""

    open_lane: Callable[[int], Lane]
    open_court: Callable[[], Court]
    caught_up: Callable[[int, int], bool]
    reload: Reload
    end: Callable[[int], None] = os._exit
    instance: str | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Worker:
    """What this worker holds now. `gate` makes processing and committing take turns."""

    lanes: dict[int, Lane] = field(default_factory=dict)
    court: Court | None = None
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    active: dict[int, float] = field(default_factory=dict)
    committed: float = 0.0


def build_app(bootstrap: str, declaration: Declaration, given: Dependencies) -> faust.App:
    """A fresh app. Faust's committed offsets decide nothing: every assignment starts from the lanes' own state."""
    topics = Topics(declaration.name)
    every = milliseconds(declaration.stream.checkpoint) / 1000
    app = faust.App(
        f"{declaration.name}.scorer",
        broker=f"kafka://{bootstrap.replace(',', ';')}",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        topic_partitions=declaration.stream.partitions,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=8.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=0.5,
        stream_wait_empty=False,
        stream_buffer_maxsize=16,
        consumer_max_fetch_size=8_388_608,
        broker_max_poll_records=50,
        stream_recovery_delay=0.0,
        consumer_metadata_max_age_ms=5000,
        producer_metadata_max_age_ms=5000,
        consumer_group_instance_id=given.instance,
        worker_redirect_stdouts=False,
    )
    worker = Worker()
    _rebalances(app, topics, worker, given)
    _agents(app, topics, worker, given)

    @app.task
    async def checkpoint() -> None:
        while not app.should_stop:
            await asyncio.sleep(every)
            await _guarded("checkpoint", given, lambda: _commit_all(app, worker, given))

    @app.task
    async def judge() -> None:
        while not app.should_stop:
            await asyncio.sleep(JUDGE_S)
            await _guarded("judge", given, lambda: _sit(worker))

    @app.on_before_shutdown.connect
    async def leave(*_: Any, **__: Any) -> None:
        deadline = threading.Timer(STOP_S, given.end, (0,))
        deadline.daemon = True
        deadline.start()

    return app


def _agents(app: faust.App, topics: Topics, worker: Worker, given: Dependencies) -> None:
    def raw(topic: str) -> Any:
        return app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    @app.agent(raw(topics.frames))
    async def score(stream: Any) -> None:
        async for event in stream.noack().events():
            await _guarded("score", given, partial(_take, app, worker, given, event))

    @app.agent(raw(topics.sketches))
    async def wake(stream: Any) -> None:
        """Faust shows rows of aborted transactions too, so a row only says where the judge sits: see `judge`."""
        async for _ in stream:
            pass


async def _take(app: faust.App, worker: Worker, given: Dependencies, event: Any) -> None:
    serving = given.reload.serving
    while serving is None:  # samples wait in Kafka until there is a model
        if given.reload.refused is not None:
            raise given.reload.refused
        await asyncio.sleep(0.1)
        serving = given.reload.serving
    async with worker.gate:
        message = event.message
        lane = worker.lanes.get(message.partition)
        if lane is None or message.generation_id != app.consumer_generation_id:
            return
        if message.offset < lane.state.position.reach:
            event.ack()
            return
        lane.take(frame.decode(event.value), serving)
        lane.state.position.reach = message.offset + 1
        lane.events.append(event)
        worker.active[message.partition] = given.clock()


async def _commit_all(app: faust.App, worker: Worker, given: Dependencies) -> None:
    """One transaction a lane, all lanes at once; frames are acknowledged after it, in order."""
    async with worker.gate:
        await _idle(worker, given)
        serving = given.reload.serving
        for lane in worker.lanes.values():
            if serving is not None:
                lane.adopt(serving)
        dirty = [lane for lane in worker.lanes.values() if lane.events or lane.open]
        await asyncio.gather(*(asyncio.to_thread(lane.commit) for lane in dirty))
        for lane in dirty:
            if not app.rebalancing:  # an offset commit during a rebalance would start another one
                for event in lane.events:
                    event.ack()
            lane.events.clear()


async def _idle(worker: Worker, given: Dependencies) -> None:
    now = given.clock()
    for number, lane in worker.lanes.items():
        if lane.idle_reported or now - worker.active.setdefault(number, now) < IDLE_S:
            continue
        worker.active[number] = now
        if await asyncio.to_thread(given.caught_up, number, lane.state.position.next):
            lane.say_idle()


async def _sit(worker: Worker) -> None:
    court = worker.court
    if court is not None:
        await asyncio.to_thread(court.sit)


def _rebalances(app: faust.App, topics: Topics, worker: Worker, given: Dependencies) -> None:
    def assigned(topic: str) -> list[int]:
        return sorted(tp.partition for tp in app.consumer.assignment() if tp.topic == topic)

    async def seek() -> None:
        """In the place of Faust's own seek, which would go by committed offsets.

        It commits nothing: a commit while the next join is under way would start another rebalance, and so on.
        """
        reach = {TP(topics.frames, p): lane.state.position.reach for p, lane in worker.lanes.items()}
        ours = {tp: offset for tp, offset in reach.items() if tp in app.consumer.assignment()}
        if ours:
            await app.consumer.seek_wait(ours)
        app.consumer._committed_offset.update({tp: offset or None for tp, offset in ours.items()})  # noqa: SLF001 - as perform_seek does

    async def restore() -> None:
        async with worker.gate:
            _forget(worker)
            lanes = await asyncio.gather(*(asyncio.to_thread(given.open_lane, p) for p in assigned(topics.frames)))
            worker.lanes.update({lane.state.number: lane for lane in lanes})
            if assigned(topics.sketches):
                worker.court = await asyncio.to_thread(given.open_court)
            app.consumer.perform_seek = seek
            log.info("scorer.assigned", next={p: lane.state.position.next for p, lane in worker.lanes.items()})

    @app.on_rebalance_complete.connect
    async def complete(*_: Any, **__: Any) -> None:
        await _guarded("restore", given, restore)

    @app.on_partitions_revoked.connect
    async def hand_over(*_: Any, **__: Any) -> None:
        """A courtesy: what is open is finished, so that the next owner starts at once."""

        async def finish() -> None:
            await _commit_all(app, worker, given)
            async with worker.gate:
                _forget(worker)

        await _guarded("hand over", given, finish)


def _forget(worker: Worker) -> None:
    worker.lanes.clear()
    worker.active.clear()
    if worker.court is not None:
        worker.court.close()
        worker.court = None


async def _guarded(what: str, given: Dependencies, work: Callable[[], Awaitable[None]]) -> None:
    """Faust acknowledges what raises, so nothing may: the process ends, and nothing uncommitted is ever seen."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - whatever it is, going on could lose data
        code = error.exit_code if isinstance(error, LeewayError) else 70
        sys.__stderr__ and sys.__stderr__.write(f"scorer: {what}: {error}. The process ends with {code}\n")
        if not isinstance(error, Refused):
            traceback.print_exc(file=sys.__stderr__)
        given.end(code)
