"""moved columns -> the sentence of an event, for the person on duty; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.duration import day, words
from schemas.messages import DriftRow
from schemas.reference import SCORE, Cells, named
from schemas.segment import feature_of

NAMED = 3
"""Columns named in a sentence."""
MINOR = 0.05
"""Columns that together carry less of the model's skill do not matter much to it."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of a column: its reference, and its importance as in FeatureShift."""

    cells: Cells
    importance: float | None


def sentence(moved: Sequence[DriftRow], stream: str, known: Mapping[str, Known], pane_ms: int) -> str:
    """What moved, how, and whether it matters.

    Args:
        moved: a row for each column that moved, all of one version and pane, what is named first comes first.
        stream: the name of the stream.
        known: of each of these columns.
        pane_ms: length of a pane in milliseconds.
    """
    named = ", ".join(_named(row, known[row.feature], pane_ms) for row in moved[:NAMED])
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    shares = [known[row.feature].importance for row in moved]
    whole = (
        f"Until {day(moved[0].pane_end)} {_subject(moved)} of {stream} version {moved[0].version} moved: {named}{more}."
    )
    return whole + _judgement(shares)


def _subject(moved: Sequence[DriftRow]) -> str:
    score = any(feature_of(row.feature) == SCORE for row in moved)
    inputs = any(feature_of(row.feature) != SCORE for row in moved)
    return "the inputs and the score" if score and inputs else "the score" if score else "the inputs"


def _named(row: DriftRow, known: Known, pane_ms: int) -> str:
    share = None if feature_of(row.feature) == SCORE else known.importance
    skill = "" if share is None else f"; carries {_carried(share)} of the model's skill"
    return f"{named(row.feature)} (over {words(row.window * pane_ms)}: {_how(row, known.cells)}{skill})"


def _how(row: DriftRow, cells: Cells) -> str:
    """What the test found."""
    if row.test == "missing":
        before = _before(row, cells.counts[-1] / max(1, sum(cells.counts)))
        more = "more" if row.missing > before else "fewer"
        return f"{more} missing values, {percent(row.missing)} against {percent(before)}"
    if row.test == "outside":
        return f"{percent(row.effect)} of the values outside the range seen before"
    if row.test == "new" and not cells.counts[-2]:
        return f"{percent(row.effect)} of the values never seen before"
    if row.test == "new":
        return f"share of rare and unknown values moved by {percent(row.effect)}"
    return f"distribution moved by {row.effect:.2f}"


def _before(row: DriftRow, whole: float) -> float:
    """The missing share of the reference, to this side or that of the window's: the one nearer to the whole's."""
    return min(max(0.0, row.missing - row.effect), row.missing + row.effect, key=lambda share: abs(share - whole))


def _carried(share: float) -> str:
    return percent(share) if share >= 0.01 else "less than 1 %"  # noqa: PLR2004 - as it says


def _judgement(shares: Sequence[float | None]) -> str:
    given = [share for share in shares if share is not None]
    if len(given) < len(shares) or sum(given) >= MINOR:
        return ""
    return " None of them matters much to the model." if len(shares) > 1 else " It matters little to the model."


def percent(share: float) -> str:
    """With one decimal where that tells something."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %" if 100 * share < 9.95 else f"{100 * share:.0f} %"  # noqa: PLR2004 - 10.0
