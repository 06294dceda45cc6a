"""The past counted again from `samples`: what `leeway what-if` reads where cells differ or sketches are gone."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from infra import kafka, offsets
from infra.cli.advance import advancing, told
from infra.registry import Registry
from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.messages import Served
from schemas.sketch import SketchRow
from schemas.topics import Topics
from streams.hindsight.recount import Records, Recount
from streams.hindsight.recut import recut
from streams.recovery import Versions
from streams.score import Scorer, Serving
from streams.summarize import Counter


@dataclass(frozen=True, slots=True)
class Again:
    """Rows as `sketches` would hold them, the counters of their versions, and what is to be said of it."""

    rows: list[SketchRow]
    counters: Mapping[int, Counter]
    told: list[str]


def cells(declaration: Declaration) -> tuple[str, str, tuple[str, ...]]:
    """The settings that cells are made by."""
    return declaration.drift.reference, declaration.drift.season, declaration.stream.segments


def again(settings: Settings, live: Declaration, other: Declaration) -> Again:
    """Counts all samples that are kept, each with the version that scored it.

    Args:
        settings: where the servers are.
        live: the declaration; versions are taken as they are where `other` wants the same cells.
        other: the settings that are asked about.

    Raises:
        Refused: nothing was scored, `served` does not tell by what, or a version is not in MLflow any more.
        Unavailable: a server is away.
    """
    topics, began = Topics(live.name), time.monotonic()
    served = kafka.read(settings.kafka, topics.served, 0, kafka.bounds(settings.kafka, topics.served, 0)[0])
    said = [msgspec.json.decode(one.value() or b"", type=Served) for one in served]
    if not said:
        raise Refused(f"{topics.served} is empty: nothing was scored yet")
    load = Versions(other, Registry(settings.mlflow, live.name), settings.home / "models")
    scorers = {one.version: load(one).champion for one in said}
    sizes: dict[int, int] = {}
    kept, records = set(scorers), _records(settings.kafka, topics.samples)
    anew, ends = cells(live) != cells(other), offsets.ends(settings.kafka, topics.samples)
    with advancing((1 + anew) * sum(end - low for low, end in ends.values()), "records") as tell:
        if anew:
            made, sizes = recut(
                other, [one.model for one in scorers.values()], lambda number: told(records(number), tell)
            )
            scorers |= {version: Scorer(other, one) for version, one in made.items()}
            kept = set(made)
        work = Recount(other, lambda one: Serving(scorers[one.version]), tell)
        rows = [row for row in work.rows(said, records) if row.idle or row.version in kept]
    gone = f"; {work.gone:,} records before them are past retention" if work.gone else ""
    first = f"Counted again from samples: {work.samples:,} in {time.monotonic() - began:.1f} s{gone}"
    counters = {version: scorers[version].counter for version in kept}
    return Again(rows, counters, [first, *references(other, sizes, kept)])


def references(other: Declaration, sizes: Mapping[int, int], kept: set[int]) -> list[str]:
    """What new references are made of, by version, and which could not be made."""
    if not sizes:
        return []
    made = [f"version {version} {size:,}" for version, size in sorted(sizes.items()) if version in kept]
    lost = [f"{version} ({size:,})" for version, size in sorted(sizes.items()) if version not in kept]
    said = (
        f"References made of the samples of {other.drift.reference} before each version: {', '.join(made) or 'none'}."
    )
    missing = (
        f"Missing: what version {', '.join(lost)} scored; of the time that its reference would be made of, fewer than "
        f"{other.drift.minimum} samples are kept"
    )
    return [f"{said} The score keeps the reference that it had", *([missing] if lost else [])]


def _records(bootstrap: str, topic: str) -> Records:
    return lambda number: kafka.read(bootstrap, topic, number)
