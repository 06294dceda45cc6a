"""What a retrain works with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from consumers.journal import Journal
from consumers.retrainer.evidence import Evidence
from consumers.retrainer.history import History
from consumers.retrainer.inspection import Inspection
from consumers.retrainer.proof import Proof
from consumers.retrainer.spare import Spare
from infra.postgres.connection import Connection
from infra.registry import Registry
from schemas.declaration import Declaration
from schemas.duration import milliseconds


@dataclass(frozen=True, slots=True)
class Means:
    """Clients, limits and state. `partitions` are those of `samples`; `clock` gives monotonic seconds."""

    declaration: Declaration
    text: bytes
    kafka: str
    home: Path
    registry: Registry
    journal: Journal
    proof: Proof
    history: History
    inspection: Inspection
    evidence: Evidence
    connect: Callable[[], Connection]
    clock: Callable[[], float]
    partitions: int
    spare: Spare

    @property
    def cache(self) -> Path:
        """Where this machine's processes find versions by checksum."""
        return self.home / "models"

    @property
    def proof_limit_s(self) -> float:
        """How long every partition may take to be served with a version."""
        return milliseconds(self.declaration.promotion.proof_limit) / 1000
