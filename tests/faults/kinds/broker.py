"""kill -9 of the broker, which its supervisor starts again at once."""

import asyncio
import time

from confluent_kafka import KafkaException, TopicPartition

from faults import quiet
from faults.schedule import Fault
from faults.stream import PARTITIONS
from faults.world import World
from infra import kafka

ASK_S = 5.0
"""How long an open transaction is looked for: under load there is nearly always one."""


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
    places, deadline = [TopicPartition(topic, p) for p in range(PARTITIONS)], time.monotonic() + ASK_S
    try:
        while time.monotonic() < deadline:
            for place in places:
                ends = [one.get_watermark_offsets(place, timeout=ASK_S)[1] for one in (committed, written)]
                if ends[0] < ends[1]:
                    return True
    except KafkaException:  # the broker is away already, by another fault
        pass
    finally:
        committed.close()
        written.close()
    return False
