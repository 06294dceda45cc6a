"""Declaration, the champion's reference and what is known at an event time -> what is broken; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from consumers.retrainer.governor import DOUBT
from consumers.retrainer.quality import before, live, scan, words
from consumers.retrainer.quality.leftout import Span, kept
from consumers.retrainer.quality.live import Grid
from consumers.retrainer.quality.observed import AGREEMENT, BESIDE, CLASS, REPEATS, Observed, stacked
from consumers.retrainer.quality.stretch import Stretch, stretches
from schemas.declaration import Declaration
from schemas.duration import day
from schemas.reference import Contract


@dataclass(frozen=True, slots=True)
class Quality:
    """What was found until `as_of`, epoch ms.

    `broken` is what is not right now and has lasted, `left_out` what is not trained on, `doubt` the reason for which
    nothing may be trained now; None without one.
    """

    as_of: int
    broken: list[Stretch]
    left_out: list[Span]
    doubt: str | None


def since(declaration: Declaration, contract: Contract) -> int:
    """From which event time on samples are looked at, epoch ms: the panes before the first that is judged included."""
    return (_first(declaration, contract) - _before(declaration, contract)) * declaration.pane_ms


def judge(
    declaration: Declaration, contract: Contract, seen: Observed, as_of: int, known: Sequence[Span] = ()
) -> Quality:
    """Looks at the whole panes until `as_of`.

    Args:
        declaration: of the stream.
        contract: of the champion.
        seen: samples and labels from `since` until `as_of`.
        as_of: epoch ms.
        known: spans that were left out of earlier trainings; they say nothing of what is usual.
    """
    found = _stretches(declaration, contract, _rid(seen, known), as_of)
    pane, lasting = declaration.pane_ms, [one for one in found if one.panes >= declaration.drift.persistence]
    left_out = [Span(one.start - pane, one.end + pane, by_label=one.column in (CLASS, AGREEMENT)) for one in lasting]
    doubt = _open([one for one in found if one.open]) or _mended(declaration, lasting, as_of)
    return Quality(as_of, [one for one in lasting if one.open], left_out, doubt)


def _stretches(declaration: Declaration, contract: Contract, seen: Observed, as_of: int) -> list[Stretch]:
    before_it, start = _before(declaration, contract), since(declaration, contract)
    grid = Grid(start, declaration.pane_ms, (as_of - start) // declaration.pane_ms)
    if grid.count <= before_it:
        return []
    known = {cells.feature: cells.values for cells in contract.reference if cells.kind == "category"}
    panes = live.panes(declaration, known, seen, grid, as_of)
    earlier = before.panes(declaration, contract) if before_it else None
    if earlier is not None:
        panes = stacked([earlier, panes], below=True)
    begin = len(panes) - grid.count
    marks = scan.marks(panes, declaration.drift.minimum, begin + before_it)
    found = stretches(marks, [*declaration.features, *BESIDE], grid, begin)
    most = max(declaration.drift.windows)
    return [one for one in found if not _follows(one, found) and not _believed(one, most)]


def _believed(one: Stretch, most: int) -> bool:
    """A label that is turned round for longer than the longest window is no fault of a few days: the world did turn."""
    return one.kind == "reversed" and one.panes > most


def _follows(repeats: Stretch, found: Sequence[Stretch]) -> bool:
    """Samples are more alike where a column of them says nothing any more: that is the fault then."""
    others = [one for one in found if one.column not in BESIDE and repeats.column == REPEATS]
    return any(one.start < repeats.end and one.end > repeats.start for one in others)


def _first(declaration: Declaration, contract: Contract) -> int:
    """Number of the first pane that is judged: what is trained on was judged before."""
    return max(contract.trained_until, declaration.trusted_ms) // declaration.pane_ms


def _before(declaration: Declaration, contract: Contract) -> int:
    """Panes before it that may be right; what is trusted is held against itself alone."""
    return 0 if declaration.trusted_ms > contract.trained_until else scan.DEPTH


def _rid(seen: Observed, spans: Sequence[Span]) -> Observed:
    """What lies in none of the spans."""
    rest = kept(seen.times, seen.known, spans)
    if rest.all():
        return seen
    return Observed(
        seen.times[rest], seen.rows[rest], seen.values, seen.labels[rest], seen.known[rest], seen.first[rest],
        seen.scores[rest], seen.rejected,
    )  # fmt: skip


def _open(found: Sequence[Stretch]) -> str | None:
    if not found:
        return None
    seen = "; ".join(words.sentence(one) for one in found[:3])
    return f"{DOUBT}: {words.title(found)}: {seen}. {words.advice(found)}"


def _mended(declaration: Declaration, lasting: Sequence[Stretch], as_of: int) -> str | None:
    """The windows that a verdict stands on still hold what was broken."""
    length = max(declaration.drift.windows) * declaration.pane_ms
    recent = [one for one in lasting if one.end + length > as_of]
    if not recent:
        return None
    until = max(one.end for one in recent) + length
    return (
        f"{DOUBT}: {words.title(recent)}, right again: {'; '.join(words.sentence(one) for one in recent[:3])}. The "
        f"windows of drift hold this until {day(until)}; what is open then is answered, trained without it"
    )
