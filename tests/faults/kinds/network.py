"""The network between one process and the broker is slow for a while."""

import asyncio

from faults.schedule import Fault
from faults.world import World


async def strike(world: World, fault: Fault) -> str:
    """Both ways; `remote` of the round is the process behind it."""
    world.servers.proxy.delay_s += fault.strength
    await asyncio.sleep(fault.lasts)
    world.servers.proxy.delay_s -= fault.strength
    return f"{fault.strength:.2f} s each way"
