"""kill -9 of the broker, which its supervisor starts again at once."""

import asyncio
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from faults import quiet
from faults.schedule import Fault
from faults.stream import PARTITIONS
from faults.world import World
from infra import kafka

FIND_S, ANSWER_S = 15.0, 2.0
"""How long an open transaction is looked for, under load there is nearly always one; and one answer waited for."""


async def killed(world: World, fault: Fault) -> str:
    """Whatever it does."""
    before = await world.crew.crash(fault.target)
    await world.crew.anew(fault.target, before)
    return ""


async def killed_in_a_transaction(world: World, fault: Fault) -> str:
    """Just when records of an open transaction are in `predictions`."""
    found = await asyncio.to_thread(_open_transaction, world.settings.kafka, world.topics.predictions)
    await killed(world, fault)
    return "open" if found else "none was open"


def _open_transaction(bootstrap: str, topic: str) -> bool:
    """Waits for one: the end of what is committed is then before the end of the log."""
    committed = kafka.consumer(bootstrap, "faults-ends", logger=quiet.LOGGER)
    written = kafka.consumer(bootstrap, "faults-ends", isolation_level="read_uncommitted", logger=quiet.LOGGER)
    deadline = time.monotonic() + FIND_S
    try:
        while time.monotonic() < deadline:
            if any(_is_open(committed, written, TopicPartition(topic, p)) for p in range(PARTITIONS)):
                return True
    finally:
        committed.close()
        written.close()
    return False


def _is_open(committed: Consumer, written: Consumer, place: TopicPartition) -> bool:
    try:
        ends = [one.get_watermark_offsets(place, timeout=ANSWER_S)[1] for one in (committed, written)]
    except KafkaException:  # the broker is away, by another fault
        return False
    return ends[0] < ends[1]
