"""What `leeway what-if` does and says."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli.advance import advancing, told
from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.duration import day, panes
from schemas.errors import Refused
from schemas.reference import OUTCOMES
from schemas.topics import Topics
from streams.control import Measured, control
from streams.hindsight import kept, picture, rejudge
from streams.hindsight.again import cells
from streams.hindsight.basis import as_kept, counted_again
from streams.hindsight.spans import Span, spans
from streams.summarize import Counter
from streams.verdict import Judged

ALPHA, PSI = 0.05, 0.1
"""The usual rules, that are drawn beside: KS p below this in a window, PSI above that."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`other` settings, or those of a sweep by name; the time shown (epoch ms), and where a picture goes.

    `recount`: from `samples`, even where sketches have the same cells.
    """

    other: Declaration
    sweep: Mapping[str, Declaration]
    span: tuple[int, int]
    picture: Path | None
    recount: bool = False


def run(settings: Settings, declaration: Declaration, wish: Wish) -> None:
    """Judges, and prints what came of it.

    Raises:
        Refused: nothing is kept to judge from, or a version that scored is not in MLflow any more.
        Unavailable: a server is away.
    """
    topics, console = Topics(declaration.name), Console()
    anew = wish.recount or cells(wish.other) != cells(declaration)
    past = counted_again(settings, declaration, wish.other, console) if anew else as_kept(settings, declaration)
    widest = _with_windows([declaration, wish.other, *wish.sweep.values()])
    with advancing(len(past.rows), "sketches") as tell:
        found = rejudge.past(widest, told(past.rows, tell), past.counters)

    def judge(under: Declaration) -> list[Judged]:
        both = [*rejudge.judged(under, found), *rejudge.turned_out(under, past.outcomes, past.counters)]
        return _shown(sorted(both, key=lambda one: one.pane_end), wish.span)

    judged, live = judge(wish.other), kept.live(settings.kafka, topics)
    if lost := missing(found, live, wish.span, past.gone):
        console.print(lost, highlight=False)
    if wish.other == declaration:
        _against_live(console, judged, live)
    _tell(console, judged)
    _control(console, wish.other, past.counters)
    swept = {name: judge(one) for name, one in wish.sweep.items()}
    for name, one in swept.items():
        console.print(f"{name}: {len(_spans(one))} incidents", highlight=False)
    if wish.picture:
        _draw(
            wish.picture, wish.other, [pane for pane in found if wish.span[0] <= pane[0] <= wish.span[1]], judged, swept
        )
        console.print(f"Picture: {wish.picture}", highlight=False)


def missing(found: rejudge.Past, live: kept.Live, span: tuple[int, int], gone: int) -> str:
    """Which panes of the record cannot be judged again; empty where none is.

    Args:
        found: what is found in the panes whose sketches are kept.
        live: the published record.
        span: the time that was asked for, ends of panes in epoch ms.
        gone: records at the beginning of `sketches` that are past retention.
    """
    ends = (key[1] for key in live.rows if key[3] not in OUTCOMES and span[0] <= key[1] <= span[1])
    past = f"the first {gone:,} records of `sketches` are past retention"
    if lost := rejudge.unjudged(found, ends):
        why = past if gone else "nothing is kept to judge them from"
        return (
            f"Missing: {panes(len(lost))} judged between {day(lost[0])} and {day(lost[-1])}: {why}. They are not "
            "judged again, and windows, bets and incidents that reach back to them may differ"
        )
    return f"{past[:1].upper()}{past[1:]}, and so is what `drift` said of them" if gone else ""


def _with_windows(declarations: Sequence[Declaration]) -> Declaration:
    """One that finds what all of them judge."""
    windows = tuple(sorted({window for one in declarations for window in one.drift.windows}))
    return replace(declarations[0], drift=replace(declarations[0].drift, windows=windows))


def _shown(judged: Sequence[Judged], span: tuple[int, int]) -> list[Judged]:
    """What was judged before is judged all the same: incidents and windows reach back."""
    return [one for one in judged if span[0] <= one.pane_end <= span[1]]


def _spans(judged: Sequence[Judged]) -> list[Span]:
    return spans(event for one in judged for event in one.events)


def _against_live(console: Console, judged: Sequence[Judged], live: kept.Live) -> None:
    if not judged:
        return
    part = live.between(judged[0].pane_end, judged[-1].pane_end)
    same = rejudge.agreement(judged, part.rows, part.events)
    if same.whole:
        console.print(f"The same as the live record, byte for byte: {same.same:,} rows and events", highlight=False)
    else:
        console.print(
            f"Not as the live record: {same.same:,} rows and events are the same, {same.different:,} differ, "
            f"{same.only_live:,} stand in the record alone, {same.only_now:,} come out now alone. The record was made "
            "with other settings or by another version of Leeway; earlier panes are missing; or, counted again, "
            "samples are there that came after a pause, and too late for the live verdict",
            highlight=False,
        )


def _tell(console: Console, judged: Sequence[Judged]) -> None:
    """A row for each incident."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("opened", "closed", "version", "what moved"):
        table.add_column(name, no_wrap=name != "what moved")
    found = _spans(judged)
    for span in found:
        stop = day(span.stop) if span.stop else "open"
        table.add_row(day(span.start), stop, str(span.version), Text(span.sentence))
    console.print(table)
    drifted = sum(row.verdict == "drifted" for one in judged for row in one.rows)
    rows = sum(len(one.rows) for one in judged)
    count = len({one.pane_end for one in judged})
    console.print(
        f"{count:,} panes, {rows:,} tests, {drifted:,} beyond tolerance and significant, {len(found)} incidents",
        highlight=False,
    )


def _control(console: Console, other: Declaration, counters: Mapping[int, Counter]) -> None:
    """What these settings make of references in which nothing has changed."""
    ends = [last for version in counters if (last := _last(control(other, version, counters[version])))]
    blocks, alarms = sum(last.panes for last in ends), sum(last.alarms for last in ends)
    if blocks:
        console.print(
            f"A/A: {alarms} false alarms in {blocks} panes of {len(ends)} references against the rest of each; "
            f"{blocks * other.false_alarms:.2g} are allowed by the budget of {other.drift.budget}",
            highlight=False,
        )


def _last(measured: Iterator[Measured]) -> Measured | None:
    return next(iter(deque(measured, maxlen=1)), None)


def _draw(
    path: Path,
    other: Declaration,
    found: rejudge.Past,
    judged: Sequence[Judged],
    swept: Mapping[str, Sequence[Judged]],
) -> None:
    if not found:
        raise Refused("No pane ends in the time that was asked for: there is nothing to draw")
    pane = other.pane_ms
    first, last = found[0][0] - pane, found[-1][0]
    by_p, by_psi = rejudge.naive(found, ALPHA, PSI)
    usual = {
        f"any p < {ALPHA}, panes": [(end - pane, end) for end in by_p],
        f"any PSI > {PSI}, panes": [(end - pane, end) for end in by_psi],
    }
    ours = {name: _bars(one, last) for name, one in {"incidents": judged, **swept}.items()}
    title = f"{other.name}: alarms from {day(first)[:10]} to {day(last)[:10]}"
    picture.draw(path, title, usual, ours, (first, last))


def _bars(judged: Sequence[Judged], last: int) -> list[tuple[int, int]]:
    return [(span.start, span.stop or last) for span in _spans(judged)]
