"""Ends a process that no longer moves: records wait, nothing of them is committed, and no error says why.

It looks from a thread of its own, since what hangs may be the event loop or a client's call.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from infra import kafka, offsets
from infra.identity import Identity
from schemas.errors import Fatal, LeewayError, Unavailable

STALL_S = 60.0
"""Records may wait so long without any commit; a supervisor then starts the process again from committed state."""
LOOK_S = 5.0
log = structlog.get_logger()
Place = tuple[int, int]
"""Next offset of the input, and a count of what is done: either moves with a commit that gets on."""
Standing = Callable[[], Mapping[int, Place]]
"""The committed place of each partition that this process holds; none while it has no reason to move (no model)."""


@dataclass(slots=True)
class Stall:
    """A place at which a partition was behind at `since` and still at `seen` (seconds)."""

    place: Place
    since: float
    seen: float


@dataclass(slots=True)
class Watchdog:
    """Compares where partitions stand with the ends of their topic.

    `end`: the end of a partition; raises Unavailable. `waits`: whether there is any record from an offset on;
    transaction markers take offsets too, and are none. `same_source`: raises Refused if `samples` was made again.
    """

    topic: str
    standing: Standing
    end: Callable[[int], int]
    waits: Callable[[int, int], bool]
    same_source: Callable[[], object] = lambda: None
    stall_s: float = STALL_S
    clock: Callable[[], float] = time.monotonic
    stalls: dict[int, Stall] = field(default_factory=dict)
    silent_since: float | None = None

    def look(self) -> None:
        """One look.

        Raises:
            Fatal: records have waited for `stall_s` and nothing was committed.
            Unavailable: the broker has been away for longer than it is waited for.
            Refused: `samples` was deleted and made again.
        """
        now = self.clock()
        held = self.standing()
        try:
            behind = {partition: place for partition, place in held.items() if self.end(partition) > place[0]}
            self._note(now, held, behind)
            self._judge(now, behind)
            self.same_source()
        except Unavailable as error:
            self._silent(now, error)
        else:
            self.silent_since = None

    def _note(self, now: float, held: Mapping[int, Place], behind: Mapping[int, Place]) -> None:
        """Partitions not held are remembered for a while: in a storm of rebalances they come and go, and stand."""
        for partition in list(self.stalls):
            stall, caught_up = self.stalls[partition], partition in held and partition not in behind
            if caught_up or stall.place != behind.get(partition, stall.place) or now - stall.seen > self.stall_s:
                del self.stalls[partition]
        for partition, place in behind.items():
            self.stalls.setdefault(partition, Stall(place, now, now)).seen = now

    def _judge(self, now: float, behind: Mapping[int, Place]) -> None:
        for partition, (offset, _) in behind.items():
            stood = now - self.stalls[partition].since
            if stood < self.stall_s:
                continue
            if self.waits(partition, offset):
                raise Fatal(
                    f"{self.topic}/{partition} stands at {offset} for {stood:.0f} s while records wait there, and no"
                    " error says why. Nothing is lost: the next start goes on from what was committed"
                )
            del self.stalls[partition]

    def _silent(self, now: float, error: Unavailable) -> None:
        """Without an answer nobody can be blamed for standing still."""
        self.stalls.clear()
        self.silent_since = now if self.silent_since is None else self.silent_since
        if now - self.silent_since > kafka.PATIENCE_S:
            raise Unavailable(f"Kafka has not answered for {kafka.PATIENCE_S} s: {error}. Offsets are kept") from error

    def start(self, end: Callable[[int], None] = os._exit) -> None:
        """Looks every LOOK_S as long as the process lives; `end` ends it with an exit code."""
        threading.Thread(target=self._watch, args=(end,), name="watchdog", daemon=True).start()

    def _watch(self, end: Callable[[int], None]) -> None:
        while True:
            try:
                self.look()
            except LeewayError as error:
                sys.__stderr__ and sys.__stderr__.write(f"watchdog: {error}. The process ends with {error.exit_code}\n")
                end(error.exit_code)
            except Exception:
                log.exception("watchdog.look")
            time.sleep(LOOK_S)


def watchdog(bootstrap: str, samples: str, topic: str, standing: Standing, stall_s: float = STALL_S) -> Watchdog:
    """A watchdog over partitions of a topic of this Kafka, which are made from the topic `samples`."""
    marks, client = kafka.Watermarks(bootstrap), offsets.admin(bootstrap)
    return Watchdog(
        topic,
        standing,
        end=lambda partition: marks.of(topic, partition)[1],
        waits=lambda partition, start: any(True for _ in kafka.read(bootstrap, topic, partition, start)),
        same_source=Identity(samples, lambda: offsets.topic_id(client, samples)).check,
        stall_s=stall_s,
    )
