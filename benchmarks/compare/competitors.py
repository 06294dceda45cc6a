"""Who competes, each with its command, and how many records it is given so that every run takes some seconds."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare.course import Course
from benchmarks.compare.stream import Stream

Commands = Callable[[Course, Stream, str, str], list[list[str]]]
"""Course, stream, Python of the peer's environment, output topic -> commands."""


@dataclass(frozen=True, slots=True)
class Competitor:
    """`goal`: at least so many times its records a CPU-second are wanted of the product's scorer.

    The product writes to its own stream's topics, and so needs a fresh one each time, `framed` before or not; peers
    read the samples of one that is there, and write to a topic of their own. `environment` names a peer's
    requirements, if not ours. What `scores` is held against the loop by hand.
    """

    name: str
    commands: Commands
    records: int = 600_000
    goal: float | None = None
    environment: str | None = None
    product: bool = False
    framed: bool = False
    scores: bool = True


def _peer(module: str, *, job: bool = True, more: tuple[str, ...] = ()) -> Commands:
    def commands(course: Course, stream: Stream, python: str, target: str) -> list[list[str]]:
        given = [str(course.job)] if job else []
        words = [course.arena.settings.kafka, *given, stream.topics.samples, target, *more]
        return [[python, "-m", f"benchmarks.peers.{module}", *words]]

    return commands


def _bare(course: Course, stream: Stream, python: str, target: str) -> list[list[str]]:
    words = [course.arena.settings.kafka, str(stream.declaration), str(course.bundle), stream.topics.samples, target]
    return [[python, "-m", "benchmarks.peers.bare", *words]]


def _bytewax(course: Course, stream: Stream, python: str, target: str) -> list[list[str]]:
    words = (course.arena.settings.kafka, str(course.job), stream.topics.samples, target)
    return [[python, "-m", "bytewax.run", f"benchmarks.peers.bytewax_flow:flow{words!r}"]]


def _lanes(guarantee: str) -> Commands:
    return lambda _, stream, python, __: [
        [python, "-m", "benchmarks.peers.lanes", str(stream.declaration), guarantee]
    ]  # fmt: skip


def _scorers(count: int) -> Commands:
    return lambda course, stream, _, __: [course.scorer(stream, f"scorer-{i}") for i in range(count)]


QUIX = 150_000
SCORER = Competitor("scorer", _scorers(1), product=True, framed=True)
TWO = Competitor("two scorers", _scorers(2), product=True, framed=True)
BOTH = Competitor(
    "framer + scorer",
    lambda course, stream, _, __: [course.framer(stream), course.scorer(stream)],
    product=True,
)
BARE = Competitor("bare client, by hand", _bare, goal=1.2)
CLIENT = Competitor("client without a job", _peer("client", job=False), goal=0.65, scores=False)
PEERS = (
    Competitor("Bytewax, by lists", _bytewax, 300_000, 2.2, "bytewax"),
    Competitor("Quix Streams, at least once", _peer("quix_events", more=("at-least-once",)), QUIX, 7.0, "quix"),
    Competitor("Quix Streams, exactly once", _peer("quix_events", more=("exactly-once",)), QUIX, 7.0, "quix"),
    Competitor("Faust, event by event", _peer("faust_events"), 30_000, 25.0),
)
ONCE = Competitor("in transactions", _lanes("exactly-once"), product=True, framed=True)
PLAIN = Competitor("without transactions", _lanes("at-least-once"), product=True, framed=True)


def python(competitor: Competitor, environments: Path) -> str:
    """The interpreter of a competitor."""
    if competitor.environment is None:
        return sys.executable
    return str((environments / competitor.environment / "bin" / "python").absolute())
