"""How long partitions of the other scorers commit nothing while one scorer is restarted or killed."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from confluent_kafka.admin import AdminClient

from faults.schedule import Round
from faults.watch import Watch
from faults.world import World

CALM_S, AFTER_S, BACK_S, LOOK_S = 8.0, 2.0, 90.0, 0.1
"""Undisturbed before the first, between two, at most until the lanes of the one have recovered, and between looks."""


@dataclass(frozen=True, slots=True)
class Stall:
    """`what`: calm, SIGTERM or SIGKILL; longest gap between two commits, in seconds, of the others' and own lanes."""

    what: str
    others: float
    own: float


async def measure(world: World, watch: Watch, plan: Round) -> list[Stall]:
    """Each scorer in turn, first asked to end (a rolling restart), then killed; nothing else is disturbed."""
    began = time.monotonic()
    await asyncio.sleep(CALM_S)
    calm = longest(list(watch.commits.values()), began, time.monotonic())
    found = [Stall("calm", calm, calm)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for name in [f"scorer-{i}" for i in range(plan.scorers)]:
            found.append(await _one(world, watch, name, number))
            await asyncio.sleep(AFTER_S)
    return found


async def _one(world: World, watch: Watch, name: str, number: signal.Signals) -> Stall:
    own = await asyncio.to_thread(_held, world, name)
    mark = watch.mark(f"{number.name} alone", name)
    await world.crew.signal(name, number)
    mark.ended = mark.began
    for _ in range(int(BACK_S / LOOK_S)):
        if mark.lanes_at is not None:
            break
        await asyncio.sleep(LOOK_S)
    end = mark.lanes_at or time.monotonic()
    lanes = {p: times for p, times in watch.commits.items() if p not in own}
    mine = [watch.commits[p] for p in own]
    return Stall(number.name, longest(list(lanes.values()), mark.began, end), longest(mine, mark.began, end))


def longest(lanes: Sequence[Sequence[float]], start: float, end: float) -> float:
    """The longest time within `start` to `end` in which a lane committed nothing: from its last commit before."""
    gaps = [0.0]
    for times in lanes:
        before = max((time for time in times if time <= start), default=start)
        inside = [before, *(time for time in times if start < time <= end), end]
        gaps += [b - a for a, b in pairwise(inside)]
    return max(gaps)


def _held(world: World, name: str) -> set[int]:
    """The partitions of `frames` that the group has given to this scorer."""
    group = f"{world.topics.stream}.scorer"
    admin = AdminClient({"bootstrap.servers": world.settings.kafka})
    found = admin.describe_consumer_groups([group], request_timeout=10)[group].result()
    return {
        place.partition
        for member in found.members
        if member.group_instance_id == name and member.assignment
        for place in member.assignment.topic_partitions
        if place.topic == world.topics.frames
    }
