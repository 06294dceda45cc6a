"""What faults act on: the processes and servers of one round, and what follows them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faults.crew import Crew
from faults.servers import Servers
from infra.settings import Settings
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class World:
    """`clocks`: a folder with a file per process, which says how far its clock is off; `promote`: the other version."""

    crew: Crew
    servers: Servers
    settings: Settings
    topics: Topics
    clocks: Path
    promote: Callable[[], None]

    @property
    def models(self) -> Path:
        """Where processes keep versions that they fetched."""
        return self.settings.home / "models"
