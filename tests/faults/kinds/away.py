"""A server crashes and stays away for a while."""

import shutil
import signal

from faults.schedule import Fault
from faults.world import World


async def strike(world: World, fault: Fault) -> str:
    """Kill -9, and started again only later."""
    await world.crew.away(fault.target, fault.lasts)
    return ""


async def mlflow(world: World, fault: Fault) -> str:
    """As above; a scorer that has no copy of any version starts meanwhile, and needs MLflow."""
    shutil.rmtree(world.models, ignore_errors=True)
    await world.crew.signal("scorer-0", signal.SIGKILL)
    return await strike(world, fault)
