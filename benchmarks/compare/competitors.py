"""Who competes, each with its command, and how many records it is given so that every run takes some seconds."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare.arena import Arena, Stream

Commands = Callable[[Arena, Stream, str, str], list[list[str]]]
"""Arena, stream, Python of the peer's environment, output topic -> commands."""


@dataclass(frozen=True, slots=True)
class Competitor:
    """`goal`: at least so many times its records a CPU-second are wanted of the product's scorer.

    A competitor with a `module` writes to a topic of its own; `environment` names its requirements, if not ours.
    """

    name: str
    commands: Commands
    records: int
    goal: float | None = None
    environment: str | None = None
    own_topic: bool = True
    framed: bool = False


def _peer(module: str, *, job: bool = True, more: tuple[str, ...] = ()) -> Commands:
    def commands(arena: Arena, stream: Stream, python: str, target: str) -> list[list[str]]:
        given = [str(arena.job)] if job else []
        words = [arena.settings.kafka, *given, stream.topics.samples, target, *more]
        return [[python, "-m", f"benchmarks.peers.{module}", *words]]

    return commands


def _bare(arena: Arena, stream: Stream, python: str, target: str) -> list[list[str]]:
    words = [arena.settings.kafka, str(stream.declaration), str(arena.bundle), stream.topics.samples, target]
    return [[python, "-m", "benchmarks.peers.bare", *words]]


SCORER = Competitor(
    "scorer", lambda arena, stream, _, __: [arena.scorer(stream)], 600_000, own_topic=False, framed=True
)
BOTH = Competitor(
    "framer + scorer",
    lambda arena, stream, _, __: [arena.framer(stream), arena.scorer(stream)],
    600_000,
    own_topic=False,
)
BARE = Competitor("bare client, by hand", _bare, 600_000, goal=1.2)
CLIENT = Competitor("client without a job", _peer("client", job=False), 600_000, goal=0.65)
ALL = (
    SCORER,
    BARE,
    BOTH,
    CLIENT,
    Competitor("Bytewax, by lists", _peer("bytewax_flow"), 300_000, goal=2.2, environment="bytewax"),
    Competitor("Quix Streams, at least once", _peer("quix_events", more=("at-least-once",)), 100_000, 7.0, "quix"),
    Competitor("Quix Streams, exactly once", _peer("quix_events", more=("exactly-once",)), 100_000, 7.0, "quix"),
    Competitor("Faust, event by event", _peer("faust_events"), 30_000, goal=25.0),
)


def python(competitor: Competitor, environments: Path) -> str:
    """The interpreter of a competitor."""
    if competitor.environment is None:
        return sys.executable
    return str((environments / competitor.environment / "bin" / "python").absolute())
