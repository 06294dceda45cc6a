"""A lane at work: taking frames and committing them take turns, lane by lane, so that no lane waits for another's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.metrics.catalogue import STAGE
from streams.lane import Lane
from streams.score import Serving

PAUSE_S = 0.005
"""A lane that has taken nothing for so long commits what it has: nothing is gained by waiting for more."""
SCORING, COMMITTING = STAGE.live.labels("score"), STAGE.live.labels("commit")
"""Looked up once: a frame may hold a single record."""
AHEAD = 4
"""Frames of a lane that may wait for its commit; with more of them the whole input waits, which bounds memory."""


@dataclass(slots=True)
class Post:
    """`since`: when the oldest frame was taken that is not committed; `active`: when the last one was (seconds)."""

    lane: Lane
    active: float
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: list[tuple[Any, Serving, float]] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    since: float | None = None
    idle_since: float = 0.0
    """When it was last said that there is nothing to read (seconds)."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The lane for oneself; frames that come meanwhile are taken at the end, in order."""
        async with self.gate:
            yield
            waiting, self.waiting = self.waiting, []
            for event, serving, now in waiting:
                self._apply(event, serving, now)

    async def take(self, event: Any, serving: Serving, now: float) -> None:
        """Applies the frame of a Faust event, or lets it wait for the end of a commit."""
        if self.gate.locked() and len(self.waiting) < AHEAD:
            self.waiting.append((event, serving, now))
            return
        async with self.turn():
            self._apply(event, serving, now)

    def _apply(self, event: Any, serving: Serving, now: float) -> None:
        """Nothing here awaits: state is read and written in one go."""
        message, position = event.message, self.lane.state.position
        if message.offset < position.reach:
            event.ack()
            return
        with SCORING.time():
            self.lane.receive(event.value, message.offset, serving)
        self.events.append(event)
        self.active = now
        self.since = now if self.since is None else self.since

    def due(self, now: float, every: float) -> bool:
        """Whether to commit: after a pause of the input, or when the oldest frame has waited for `every` seconds."""
        if self.since is None or self.gate.locked():
            return False
        return now - self.active >= PAUSE_S or now - self.since >= every

    async def commit(self, apart: Executor, *, settled: Callable[[], bool]) -> None:
        """One transaction; its frames are acknowledged after it, in order. It must be this post's turn.

        Args:
            apart: runs what blocks.
            settled: False during a rebalance: an offset commit then would start another one.
        """
        if not (self.events or self.lane.open):
            return
        events, self.events, self.since = self.events, [], None
        with COMMITTING.time():
            await asyncio.get_running_loop().run_in_executor(apart, self.lane.commit)
        if settled():
            for event in events:
                event.ack()
