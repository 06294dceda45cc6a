"""SIGSTOP beyond the session timeout, then SIGCONT: a process that does not know that it was given up."""

import asyncio
import os
import signal
from contextlib import suppress

from faults.schedule import Fault
from faults.world import World


async def strike(world: World, fault: Fault) -> str:
    """The very process that was stopped goes on, if no other fault has ended it meanwhile."""
    pid = await world.crew.signal(fault.target, signal.SIGSTOP)
    await asyncio.sleep(fault.lasts)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
        return ""
    return "killed meanwhile"
