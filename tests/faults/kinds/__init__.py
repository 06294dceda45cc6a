"""The kinds of faults by name: each is done by a coroutine that ends when the fault is over, and may say a detail."""

from collections.abc import Awaitable, Callable

from faults.kinds import away, broker, clock, disk, network, signals, zombie
from faults.schedule import KINDS, Fault
from faults.world import World

Strike = Callable[[World, Fault], Awaitable[str]]
_BY_VERB: dict[str, Strike] = {
    "kill": signals.kill,
    "term": signals.term,
    "zombie": zombie.strike,
    "clock": clock.strike,
}
_BY_NAME: dict[str, Strike] = {
    "broker killed": broker.killed,
    "broker killed in a transaction": broker.killed_in_a_transaction,
    "broker away": away.strike,
    "PostgreSQL away": away.strike,
    "MLflow away": away.mlflow,
    "disk of Kafka full": disk.strike,
    "disk of PostgreSQL full": disk.strike,
    "slow network": network.strike,
}
STRIKES: dict[str, Strike] = {kind.name: _BY_NAME.get(kind.name) or _BY_VERB[kind.name.split()[0]] for kind in KINDS}
