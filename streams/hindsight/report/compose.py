"""What the topics keep -> what a page is made from; pure."""

from collections.abc import Iterable, Mapping, Sequence

from schemas.declaration import Declaration
from schemas.messages import DriftRow
from schemas.reference import OUTCOMES, Contract
from schemas.sketch import SketchRow
from streams.hindsight.choice import Choice
from streams.hindsight.choice import rows as chosen
from streams.hindsight.kept import Live
from streams.hindsight.report.facts import Facts
from streams.hindsight.report.story import overlapping
from streams.hindsight.spans import spans
from streams.hindsight.window import Shapes, shapes
from streams.levels import levels
from streams.summarize import Counter


def compose(
    declaration: Declaration,
    live: Live,
    sketches: Iterable[SketchRow],
    contract: Contract | None,
    choice: Choice,
    version: int | None,
    span: tuple[int, int],
) -> Facts:
    """The facts of the window that was chosen.

    Args:
        declaration: the stream's, as it is now.
        live: the published record.
        sketches: every row that is kept, in order.
        contract: of the version that was chosen; None if it is gone.
        choice: the window, in `live`.
        version: whose windows and incidents are told; None for all.
        span: ends of the panes that are told, epoch ms, inclusive.
    """
    rows = [live.row(key) for key in live.rows if span[0] <= key[1] <= span[1] and version in (None, key[0])]
    now = chosen(live, choice)
    ends = [row.pane_end for row in rows]
    extent = min(ends) - declaration.pane_ms, max(ends)
    told = [one for one in overlapping(spans(live.told()), *extent) if version in (None, one.version)]
    found = {} if contract is None else shapes(declaration, sketches, Counter(declaration, contract), choice)
    counts = _whole(found, now)
    return Facts(
        declaration=declaration,
        levels=levels(declaration, {row.feature for row in now}),
        now=now,
        contract=contract,
        counts=counts,
        runs=_runs(rows, [row.feature for row in now]),
        spans=told,
        extent=extent,
        remarks=_remarks(contract, sum(row.feature not in OUTCOMES for row in now) - len(counts)),
    )


def _whole(found: Shapes, now: Sequence[DriftRow]) -> Shapes:
    """Without those of which some are not kept any more, so that no picture shows less than was judged."""
    return {
        row.feature: found[row.feature]
        for row in now
        if row.feature in found and int(found[row.feature][1].sum()) == row.n
    }


def _remarks(contract: Contract | None, without: int) -> list[str]:
    if contract is None:
        return ["The version is not in MLflow any more, and its reference with it: no distribution can be drawn."]
    return (
        [f"Of {without} columns the counts are not kept in full: their distributions are not drawn."] if without else []
    )


def _runs(rows: Sequence[DriftRow], features: Sequence[str]) -> Mapping[str, list[DriftRow]]:
    """By feature, in order of time; where several versions were judged of a pane, the newest."""
    newest: dict[int, int] = {}
    for row in rows:
        newest[row.pane_end] = max(row.version, newest.get(row.pane_end, row.version))
    found: dict[str, list[DriftRow]] = {feature: [] for feature in features}
    for row in sorted(rows, key=lambda row: (row.pane_end, row.window)):
        if row.feature in found and row.version == newest[row.pane_end]:
            found[row.feature].append(row)
    return found
