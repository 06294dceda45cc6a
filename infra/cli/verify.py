"""`leeway verify`: every offset of `samples` in one place, once; recounted from the topics and PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra import balance, offsets
from infra.cli import tables, words
from infra.cli.advance import advancing
from infra.settings import Settings
from infra.upkeep import note
from infra.verify.block import FAULTS
from infra.verify.finding import Finding
from infra.verify.partition import Recount
from infra.verify.stored import Stored
from schemas.errors import Refused
from schemas.position import Position
from schemas.topics import Topics

COLUMNS = ("records", "scored", "rejected", "duplicates", "gone", "underway", "waiting")


@dataclass(frozen=True, slots=True)
class Range:
    """Offsets start..stop of one partition or of all; `stop` None is as far as the lane has come."""

    partition: int | None = None
    start: int = 0
    stop: int | None = None

    def of(self, ends: Mapping[int, tuple[int, int]], lanes: Mapping[int, Position]) -> dict[int, tuple[int, int]]:
        """Start and stop by partition.

        Raises:
            Refused: there is no such partition, or nothing in the range.
        """
        if self.partition is not None and self.partition not in ends:
            raise Refused(f"samples has no partition {self.partition}; it has 0 to {len(ends) - 1}")
        chosen = list(ends) if self.partition is None else [self.partition]
        stops = {p: lanes.get(p, Position()).next if self.stop is None else min(self.stop, ends[p][1]) for p in chosen}
        if self.start and all(stop <= self.start for stop in stops.values()):
            told = ", ".join(f"partition {p}: {lanes.get(p, Position()).next} of {ends[p][1]}" for p in chosen)
            raise Refused(
                f"Nothing to recount from {self.start} on. Scored so far: {told}. Give another --from or --to"
            )
        return {p: (self.start, max(self.start, stop)) for p, stop in stops.items()}


def verify(settings: Settings, stream: str, chosen: Range, console: Console) -> bool:
    """Recounts and prints; whether everything agrees.

    Raises:
        Refused: the range is empty.
        Unavailable: Kafka or PostgreSQL does not answer.
    """
    topics = Topics(stream)
    ends = offsets.ends(settings.kafka, topics.samples)
    lanes = balance.lanes(settings.kafka, topics, list(ends))
    ranges = chosen.of(ends, lanes)
    with (
        tables.connect(settings.postgres) as connection,
        advancing(sum(stop - start for start, stop in ranges.values()), "offsets") as tell,
    ):
        stored = Stored(connection, topics)
        with stored.snapshot():
            found = [
                Recount(settings.kafka, stored, number, tell).run(start, stop, lanes.get(number, Position()))
                for number, (start, stop) in ranges.items()
            ]
            gone = note.purged(connection, stream)
    show(found, topics, console)
    if gone:
        console.print(f"{gone}: to have no row is no fault there; --from leaves them out", markup=False)
    return all(one.agrees for one in found)


def show(found: Sequence[Finding], topics: Topics, console: Console) -> None:
    """A row for each partition, then each fault with the first offsets that show it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("partition", "offsets", *COLUMNS, "verdict"):
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True)
    for one in found:
        verdict = Text("agrees", "green") if one.agrees else Text("does not agree", "bold red")
        counts = [words.count(getattr(one, name)) for name in COLUMNS]
        table.add_row(str(one.partition), f"{one.start:,} to {one.stop:,}", *counts, verdict)
    console.print(table)
    for line in (line for one in found for line in lines(one, topics)):
        console.print(line, markup=False, highlight=False)


def lines(one: Finding, topics: Topics) -> Iterator[str]:
    """What is to be said of a partition beside its counts."""
    place = f"{topics.samples}/{one.partition}"
    for fault, count in one.faults.items():
        named = ", ".join(map(str, one.first[fault]))
        yield f"{place}: {words.count(count)} {fault} ({FAULTS[fault]}); first offsets: {named}"
    for said in one.disagreements:
        yield f"{place}: {said}"
    if one.waiting:
        yield f"{place}: {words.count(one.waiting)} offsets of the range are not scored yet"
    if one.underway:
        yield f"{place}: {words.count(one.underway)} rows are on their way to PostgreSQL (no fault while it reads them)"
    if one.strange:
        yield (
            f"{place}: {words.count(one.strange)} messages of {topics.predictions} or {topics.rejected} are no rows of"
            " ours; they were passed over"
        )
