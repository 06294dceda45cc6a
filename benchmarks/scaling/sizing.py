"""Closed form: what each sample costs of each resource, so how much of it R samples/s take, and what is full first.

Pure. All assumptions that were not measured are in `Assumed`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.scaling.inputs import Inputs
from consumers.evaluator.join import LIMIT
from schemas.declaration import Stream
from schemas.topics import TABLE
from streams.framer import LINGER_S
from streams.recent import CAPACITY

US, MB = 1e-6, 1e6
_ROUNDING = 1e-9
LEAST = 0.1
"""Of a core, for samples: a scorer that spends more on commits than that leaves is behind, and commits less often."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Not measured: machines as one may buy them, and how full they may be.

    `utilisation`: share of a resource that is planned for. Rates of network and disk in MB/s, of one server.
    `commits_s`: of a lane that keeps up: one for each frame, and a framer makes one of each partition every LINGER_S. A
    lane that is behind commits once a checkpoint, which is cheaper.
    `kept`: share of the predictions that go to PostgreSQL. `ids` the evaluator holds at most, and `recent_ids` a lane:
    these two are the product's own limits, as are the bytes of a partition that `samples` and `frames` keep.
    """

    utilisation: float = 0.6
    replication: int = 3
    broker_cores: int = 16
    broker_network: float = 1250.0
    broker_disk: float = 1000.0
    postgres_cores: int = 32
    postgres_disk: float = 1000.0
    lanes_each: int = 2
    commits_s: float = 1 / LINGER_S
    label_days: float = 14.0
    ids: int = LIMIT
    recent_ids: int = CAPACITY
    samples_bytes: int = Stream(name="any").retention_bytes
    frames_bytes: int = int(next(row for row in TABLE if row.name == "frames").config["retention.bytes"])
    partitions_at_most: int = 1024
    kept: float = 1.0


@dataclass(frozen=True, slots=True)
class Resource:
    """A unit of it is full at `full` samples/s; `scales` if another unit can be added."""

    name: str
    unit: str
    full: float
    scales: bool

    def units(self, rate: float, utilisation: float) -> int:
        """Units wanted for `rate` samples/s, so that none is used for more than that share."""
        return max(1, math.ceil(rate / (self.full * utilisation)))


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes a sample on the broker: `written` once, before replication; `read` by our processes."""

    written: float
    read: float

    @classmethod
    def of(cls, inputs: Inputs) -> "Traffic":
        """The framer reads samples, scorers read frames, warehouse and evaluator predictions."""
        samples, frames, predictions = inputs["samples_b"], inputs["frames_b"], inputs["predictions_b"]
        return cls(samples + frames + predictions + inputs["state_b"], samples + frames + 2 * predictions)


def broker_us(inputs: Inputs, assumed: Assumed) -> float:
    """CPU-us of all brokers together for a sample.

    The replicas were not measured: a follower is taken to write at the price of a produce, and to be served at that
    of a plain read, byte by byte.
    """
    measured = sum(inputs[f"broker_{name}_us"] for name in ("produce", "frame", "score")) + 2 * inputs[
        "broker_predictions_read_us"
    ]  # fmt: skip
    byte = inputs["broker_produce_us"] / inputs["samples_b"] + inputs["broker_read_us_mb"] / MB
    return measured + (assumed.replication - 1) * Traffic.of(inputs).written * byte + commits(inputs, assumed) * inputs[
        "broker_commit_us"
    ]  # fmt: skip


def commits(inputs: Inputs, assumed: Assumed) -> float:
    """Transactions a sample: there are as many lanes as scorers want."""
    return assumed.lanes_each * assumed.commits_s / (_scorer(inputs, assumed) * assumed.utilisation)


def resources(inputs: Inputs, assumed: Assumed) -> dict[str, Resource]:
    """One unit of everything that a sample passes."""
    traffic, copies = Traffic.of(inputs), assumed.replication
    inward, outward = traffic.written * copies, traffic.read + traffic.written * (copies - 1)
    row = inputs["postgres_row_b"] + inputs["postgres_wal_b"]
    kept = max(assumed.kept, 1e-12)
    found = (
        Resource("framer", "process of one core", _process(inputs, "framer"), scales=True),
        Resource("scorer", "process of one core", _scorer(inputs, assumed), scales=True),
        Resource("broker CPU", f"broker of {assumed.broker_cores} cores",
                 assumed.broker_cores / (broker_us(inputs, assumed) * US), scales=True),
        Resource("broker network", f"broker of {assumed.broker_network / 125:g} Gbit/s",
                 assumed.broker_network * MB / max(inward, outward), scales=True),
        Resource("broker disk", f"broker of {assumed.broker_disk:g} MB/s",
                 assumed.broker_disk * MB / inward, scales=True),
        Resource("warehouse", "process of one core", _writer(inputs) / kept, scales=True),
        Resource("PostgreSQL CPU", f"server of {assumed.postgres_cores} cores",
                 assumed.postgres_cores / (inputs["postgres_us"] * US * kept), scales=False),
        Resource("PostgreSQL disk", f"server of {assumed.postgres_disk:g} MB/s",
                 assumed.postgres_disk * MB / (row * kept), scales=False),
        Resource("evaluator", "the one process of a stream", _process(inputs, "evaluator"), scales=False),
        Resource("evaluator's ids", f"{assumed.ids:,} ids, labels up to {assumed.label_days:g} days late",
                 assumed.ids / (assumed.label_days * 86_400), scales=False),
    )  # fmt: skip
    return {one.name: one for one in found}


def _process(inputs: Inputs, name: str) -> float:
    """What one core does: a process is taken to be able to fill one."""
    return 1 / (inputs[f"{name}_us"] * US)


def _scorer(inputs: Inputs, assumed: Assumed) -> float:
    """What is left of its core when its lanes have committed."""
    left = 1 - assumed.lanes_each * assumed.commits_s * inputs["scorer_commit_us"] * US
    return max(left, LEAST) * _process(inputs, "scorer")


def _writer(inputs: Inputs) -> float:
    """A warehouse process waits while PostgreSQL writes what it sent: neither works while the other does."""
    return 1 / ((inputs["warehouse_us"] + inputs["postgres_us"]) * US)


STREAM = ("framer", "scorer", "broker CPU", "broker network", "broker disk")
"""From samples to predictions; the others only read these."""


PROCESSES = ("framer", "scorer", "warehouse")
"""Each works on whole partitions."""


@dataclass(frozen=True, slots=True)
class Size:
    """A deployment; `units` by resource, `brokers` is the most of its three."""

    rate: float
    partitions: int
    units: Mapping[str, int]
    brokers: int

    def full(self, given: Mapping[str, Resource], name: str) -> float:
        """The rate at which that resource is used up; of processes, the one with the most partitions counts."""
        if name.startswith("broker"):
            return given[name].full * self.brokers
        count = self.units[name]
        if name not in PROCESSES:
            return given[name].full * count
        return given[name].full * self.partitions / math.ceil(self.partitions / count)

    def first(self, given: Mapping[str, Resource]) -> str:
        """What is full first from `samples` to `predictions`."""
        return min(STREAM, key=lambda name: self.full(given, name))


def size(rate: float, inputs: Inputs, assumed: Assumed) -> Size:
    """For `rate` samples/s, evenly spread over the partitions; processes work on whole partitions."""
    given = resources(inputs, assumed)
    units = {name: one.units(rate, assumed.utilisation) for name, one in given.items()}
    brokers = max(assumed.replication, *(units[name] for name in STREAM if name.startswith("broker")))
    partitions = max(assumed.lanes_each * units["scorer"], assumed.lanes_each * units["framer"], units["warehouse"])
    for name in PROCESSES:
        each = math.floor(given[name].full * assumed.utilisation * partitions / rate + _ROUNDING)
        units[name] = math.ceil(partitions / max(1, each))
    return Size(rate, partitions, units, brokers)


def affordable(rate: float, inputs: Inputs, assumed: Assumed) -> Assumed:
    """The same with only as many of the predictions in PostgreSQL as one server takes in, as planned."""
    given = resources(inputs, replace(assumed, kept=1.0))
    room = min(given[f"PostgreSQL {name}"].full for name in ("CPU", "disk")) * assumed.utilisation
    return replace(assumed, kept=min(1.0, room / rate))
