"""The record of a stream with one shift, as Kafka keeps it, and a page's facts from it."""

from schemas import messages
from schemas.reference import Contract
from schemas.sketch import SketchRow
from streams.hindsight.choice import EVER, last
from streams.hindsight.kept import Live
from streams.hindsight.report.compose import compose
from streams.hindsight.report.facts import Facts
from streams.judge import Judge
from support.models import contract, declaration
from support.sketches import COUNTERS

DECLARATION = declaration()


def record(rows: list[SketchRow]) -> Live:
    """What the judge publishes of these rows."""
    judge, live = Judge(DECLARATION), Live({}, {})
    for row in rows:
        judge.fold(row)
    for one in judge.verdicts(COUNTERS):
        live.rows.update(
            {(new.version, new.pane_end, new.window, new.feature): messages.encode(new) for new in one.rows}
        )
        live.events.update({event.id: messages.encode(event) for event in one.events})
    return live


def facts(
    rows: list[SketchRow],
    version: int | None = None,
    span: tuple[int, int] = EVER,
    made: Contract | None = None,
    kept: list[SketchRow] | None = None,
) -> Facts:
    """As `leeway drift --report` would find them; `kept` are the sketches that are left, `rows` what was judged."""
    live = record(rows)
    choice = last(DECLARATION, live, None, version, span)
    return compose(DECLARATION, live, rows if kept is None else kept, made or contract(), choice, version, span)
