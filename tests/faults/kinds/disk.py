"""The small disk under a server is full for a while."""

import asyncio

from faults.schedule import Fault
from faults.world import World


async def strike(world: World, fault: Fault) -> str:
    """It may end and be started again by its supervisor as often as it likes; over when it answers with room again."""
    disk = world.servers.disks[fault.target]
    await asyncio.to_thread(disk.fill)
    await asyncio.sleep(fault.lasts)
    await asyncio.to_thread(disk.free)
    await world.crew.anew(fault.target)
    return ""
