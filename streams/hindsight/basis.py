"""What the past is judged from: the sketches that are kept, or samples counted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.messages import Outcome
from schemas.sketch import SketchRow
from schemas.topics import Topics
from streams.hindsight import kept
from streams.hindsight.again import again
from streams.hindsight.counters import counters
from streams.summarize import Counter


@dataclass(frozen=True, slots=True)
class Basis:
    """Rows of sketches and of `outcomes`, in order, the counters of their versions; `gone` sketches are not kept."""

    rows: Sequence[SketchRow]
    outcomes: Sequence[Outcome]
    counters: Mapping[int, Counter]
    gone: int = 0


def counted_again(settings: Settings, live: Declaration, other: Declaration, console: Console) -> Basis:
    """From samples, in the cells of `other`; says how long that took, and what is missing.

    Raises:
        Refused: nothing was scored, or it cannot be told by what.
        Unavailable: a server is away.
    """
    found, topics = again(settings, live, other), Topics(live.name)
    for line in found.told:
        console.print(line, highlight=False)
    outcomes = [row for row in kept.outcomes(settings.kafka, topics) if row.version in found.counters]
    return Basis(found.rows, outcomes, found.counters)


def as_kept(settings: Settings, declaration: Declaration) -> Basis:
    """From sketches.

    Raises:
        Refused: none is kept, or a version that scored is not in MLflow any more.
        Unavailable: a server is away.
    """
    topics = Topics(declaration.name)
    rows, gone = kept.sketches(settings.kafka, topics)
    if not any(not row.idle for row in rows):
        raise Refused(
            f"{topics.sketches} holds no counts: nothing was scored yet, or all of it is past its retention; then "
            "--recount counts samples again"
        )
    outcomes = kept.outcomes(settings.kafka, topics)
    wanted = {row.version for row in rows if not row.idle} | {row.version for row in outcomes}
    found = counters(settings, declaration, wanted)
    if lost := sorted(wanted - found.keys()):
        raise Refused(
            f"Versions {lost} scored, and are not in MLflow any more: their panes cannot be judged again. "
            "Restore them in MLflow, and start this again"
        )
    return Basis(rows, outcomes, found, gone)
