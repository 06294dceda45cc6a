"""The wall clock of one running process leaps by an hour, and later back."""

import asyncio

from faults.schedule import Fault
from faults.world import World


async def strike(world: World, fault: Fault) -> str:
    """See `clock/sitecustomize.py`, which every process under test imports."""
    file = world.clocks / fault.target
    file.write_text(f"{fault.strength:.0f}")
    await asyncio.sleep(fault.lasts)
    file.write_text("0")
    return f"{fault.strength:+.0f} s"
