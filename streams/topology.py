"""The Faust app: frames are scored by the lanes of the partitions that this worker is assigned; sketches are judged."""

import asyncio
import os
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import faust
import structlog
from faust.types import TP

from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.errors import LeewayError, Refused
from schemas.position import Position
from schemas.topics import Topics
from streams.court import Court
from streams.lane import Lane
from streams.post import PAUSE_S, Post
from streams.reload import Reload
from streams.watchdog import Standing

IDLE_S = 5.0
"""A lane that has taken nothing for so long, and has nothing to take, says so."""
IDLE_AGAIN_S = 60.0
"""And so often again: when one partition wakes, the judge waits to hear of the others whether they are idle still."""
THREADS = 64
"""Commits at once, at most: they wait for the broker and take no CPU meanwhile."""
STOP_S = 8.0
"""Faust's stop may hang; a transaction that is cut off is invisible, so ending the process then is safe."""
JUDGE_S = 0.2
log = structlog.get_logger()
Result = TypeVar("Result")


@dataclass(slots=True)
class Dependencies:
    """What the app is made with: clients and loaders, so that a test can give its own."""

    open_lane: Callable[[int], Lane]
    open_court: Callable[[], Court]
    caught_up: Callable[[int, int], bool]
    reload: Reload
    end: Callable[[int], None] = os._exit
    watch: Callable[[Standing], None] = lambda _: None
    measure: Callable[["Worker"], None] = lambda _: None
    instance: str | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Worker:
    """What this worker holds now; `apart` runs what blocks, `commits` are those under way."""

    posts: dict[int, Post] = field(default_factory=dict)
    court: Court | None = None
    bench: asyncio.Lock = field(default_factory=asyncio.Lock)
    apart: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "apart"))
    commits: set[asyncio.Task[None]] = field(default_factory=set)

    def holds(self, post: Post) -> bool:
        """False once its partition was revoked, or taken up anew."""
        return self.posts.get(post.lane.state.number) is post

    def standing(self) -> dict[int, tuple[int, int]]:
        """Where each partition is committed; asked from another thread."""
        return {post.lane.state.number: post.lane.committed for post in list(self.posts.values())}

    def booked(self) -> dict[int, Position]:
        """The committed position of each partition; asked from another thread."""
        return {post.lane.state.number: post.lane.booked for post in list(self.posts.values())}

    def queued(self) -> dict[int, int]:
        """Frames of each partition that wait for its commit; asked from another thread."""
        return {post.lane.state.number: len(post.waiting) for post in list(self.posts.values())}

    async def do(self, work: Callable[[], Result]) -> Result:
        """Runs what blocks, while frames go on being taken."""
        return await asyncio.get_running_loop().run_in_executor(self.apart, work)

    async def forget(self) -> None:
        """Gives everything up; a commit that is under way ends first."""
        posts, self.posts = self.posts, {}
        for post in posts.values():
            async with post.gate:
                pass
        async with self.bench:
            if self.court is not None:
                self.court.close()
                self.court = None


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
        # with other partitions it is another member: one that comes back is given what it had, and asks no more
        consumer_group_instance_id=given.instance and f"{given.instance}-{declaration.stream.partitions}",
        worker_redirect_stdouts=False,
    )
    worker = Worker()
    _rebalances(app, topics, worker, given)
    _agents(app, topics, worker, given)
    given.measure(worker)
    given.watch(lambda: {} if given.reload.serving is None else worker.standing())

    @app.task
    async def checkpoint() -> None:
        while not app.should_stop:
            await asyncio.sleep(PAUSE_S)
            now = given.clock()
            for post in [post for post in worker.posts.values() if post.due(now, every)]:
                task = asyncio.create_task(_guarded("checkpoint", given, partial(_commit, app, worker, post)))
                worker.commits.add(task)
                task.add_done_callback(worker.commits.discard)

    @app.task
    async def look_after() -> None:
        while not app.should_stop:
            await asyncio.sleep(every)
            await _guarded("look after", given, partial(_look_after, app, worker, given))

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
    message = event.message
    post = worker.posts.get(message.partition)
    if post is not None and message.generation_id == app.consumer_generation_id:
        await post.take(event, serving, given.clock())


async def _commit(app: faust.App, worker: Worker, post: Post) -> None:
    async with post.turn():
        if worker.holds(post):
            await post.commit(worker.apart, settled=lambda: not app.rebalancing)


async def _look_after(app: faust.App, worker: Worker, given: Dependencies) -> None:
    """What also needs doing where no frames come: a new version is adopted, an idle partition says so."""
    serving = given.reload.serving
    for post in list(worker.posts.values()):
        async with post.turn():
            if serving is None or not worker.holds(post):
                continue
            post.lane.adopt(serving)
            if post.lane.state.position.doubt and given.clock() - post.active >= IDLE_S:
                post.lane.settle(serving)
            if await _is_idle(worker, post, given):
                post.lane.say_idle()
                post.idle_since = given.clock()
            if post.since is None:
                await post.commit(worker.apart, settled=lambda: not app.rebalancing)


async def _is_idle(worker: Worker, post: Post, given: Dependencies) -> bool:
    """Whether there is nothing to read, asked once every IDLE_S."""
    now = given.clock()
    if post.lane.idle_reported and now - post.idle_since >= IDLE_AGAIN_S:
        post.lane.idle_reported = False
    if post.lane.idle_reported or now - post.active < IDLE_S:
        return False
    post.active = now
    state = post.lane.state
    return await worker.do(lambda: given.caught_up(state.number, state.position.next))


async def _sit(worker: Worker) -> None:
    async with worker.bench:
        if worker.court is not None:
            await worker.do(worker.court.sit)


def _rebalances(app: faust.App, topics: Topics, worker: Worker, given: Dependencies) -> None:
    def assigned(topic: str) -> list[int]:
        return sorted(tp.partition for tp in app.consumer.assignment() if tp.topic == topic)

    async def seek() -> None:
        """In the place of Faust's own seek, which would go by committed offsets.

        It commits nothing: a commit while the next join is under way would start another rebalance, and so on.
        """
        reach = {TP(topics.frames, p): post.lane.state.position.reach for p, post in worker.posts.items()}
        ours = {tp: offset for tp, offset in reach.items() if tp in app.consumer.assignment()}
        if ours:
            await app.consumer.seek_wait(ours)
        app.consumer._committed_offset.update({tp: offset or None for tp, offset in ours.items()})  # noqa: SLF001 - as perform_seek does

    async def restore() -> None:
        await worker.forget()
        lanes = await asyncio.gather(*(worker.do(partial(given.open_lane, p)) for p in assigned(topics.frames)))
        worker.posts = {lane.state.number: Post(lane, given.clock()) for lane in lanes}
        if assigned(topics.sketches):
            worker.court = await worker.do(given.open_court)
        app.consumer.perform_seek = seek
        log.info("scorer.assigned", next={lane.state.number: lane.state.position.next for lane in lanes})

    @app.on_rebalance_complete.connect
    async def complete(*_: Any, **__: Any) -> None:
        await _guarded("restore", given, restore)

    @app.on_partitions_revoked.connect
    async def hand_over(*_: Any, **__: Any) -> None:
        """A courtesy: what is open is finished, so that the next owner starts at once."""

        async def finish() -> None:
            await asyncio.gather(*(_commit(app, worker, post) for post in worker.posts.values()))
            await worker.forget()

        await _guarded("hand over", given, finish)


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
