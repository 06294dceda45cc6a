"""SIGKILL and SIGTERM of one process."""

import signal

from faults.schedule import Fault
from faults.world import World


async def kill(world: World, fault: Fault) -> str:
    """It ends at once, in the middle of whatever it does."""
    await world.crew.signal(fault.target, signal.SIGKILL)
    return ""


async def term(world: World, fault: Fault) -> str:
    """It is asked to end, as in a rolling restart."""
    await world.crew.signal(fault.target, signal.SIGTERM)
    return ""
