"""Figures and settings in words, for whoever knows no statistics."""

from schemas import reference
from schemas.declaration import Declaration
from schemas.messages import DriftRow, DriftTest
from schemas.reference import Cells
from streams.hindsight.report import svg
from streams.levels import Levels

LONG = 200
"""Characters of a name."""
SOME, MUCH = 0.1, 0.25
"""The bands of PSI by rule of thumb: below the first is calm, from the second on is a major shift."""
TESTS: dict[DriftTest, str] = {
    "shape": "the shape of its values",
    "missing": "the share of missing values",
    "outside": "the share of values outside of the reference's range",
    "new": "the share of values that the reference never held",
    "label": "the rate of labels of class 1",
    "loss": "the log-loss, relative to that when the version was made",
    "adwin": "the log-loss, as ADWIN saw it change",
}


def named(feature: str) -> str:
    """As a reader knows it."""
    return svg.label(reference.named(feature), LONG)


def verdict(row: DriftRow, tolerance: float) -> str:
    """One sentence on one window; `tolerance` is that of the test which decided."""
    if row.verdict == "insufficient":
        return f"{row.n:,} samples in the window and {row.m:,} in the reference are too few for a verdict."
    moved = f"What moved most is {TESTS[row.test]}, by {interval(row)}"
    if row.verdict == "drifted":
        return f"{moved}: that is beyond the tolerance of {tolerance:g}, and more than chance explains."
    if row.effect >= tolerance:
        return f"{moved}: that is beyond the tolerance of {tolerance:g}, but chance could explain it."
    return f"{moved}: that is within the tolerance of {tolerance:g}."


def interval(row: DriftRow) -> str:
    """The effect, and where the true one lies."""
    if row.low is None or row.high is None:
        return f"{row.effect:.3f}"
    return f"{row.effect:.3f} (95 %: {row.low:.3f} to {row.high:.3f})"


def chance(p: float) -> str:
    """A p-value; those too small for a float are said to be so."""
    return f"{p:.2g}" if p > 0 else "< 1e-300"


def stability(row: DriftRow) -> str:
    """PSI against what chance allows, and what the rule of thumb calls it."""
    band = "calm" if row.psi < SOME else "a moderate shift" if row.psi < MUCH else "a major shift"
    chance = "" if row.psi_limit is None else f"; chance alone stays below {row.psi_limit:.3f}"
    return f"{row.psi:.3f}, by the .1 and .25 rule of thumb {band}{chance}"


def figures(row: DriftRow, cells: Cells | None) -> list[tuple[str, str]]:
    """The figures of one window, each with its name."""
    found = [
        ("effect", interval(row)),
        ("decided by", TESTS[row.test]),
        ("p", chance(row.p)),
        ("PSI", stability(row)),
        ("samples", f"{row.n:,} against {row.m:,}"),
        *worth(row),
        ("missing", f"{_missing(cells)}{svg.share(row.missing, 2)}"),
    ]
    if row.mean is not None and row.reference_mean is not None:
        found.append(("mean", f"{row.reference_mean:.5g} → {row.mean:.5g}"))
    if row.std is not None and row.reference_std is not None:
        found.append(("standard deviation", f"{row.reference_std:.5g} → {row.std:.5g}"))
    return found


def worth(row: DriftRow) -> list[tuple[str, str]]:
    """What the samples tell as much as, and by which season they are held against the reference."""
    if row.worth_n is None or row.worth_m is None:
        return []
    season = "" if row.season_ms is None else f"; the reference of the same time of {span(row.season_ms)}"
    return [("worth, in independent samples", f"{row.worth_n:,.0f} against {row.worth_m:,.0f}{season}")]


def span(period_ms: int) -> str:
    """A season by its name."""
    return {86_400_000: "the day", 604_800_000: "the week"}.get(period_ms, f"{period_ms / 3_600_000:g} hours")


def settings(declaration: Declaration, levels: Levels) -> list[str]:
    """What makes a shift count, a sentence for each setting."""
    drift = declaration.drift
    windows = ", ".join(map(str, sorted(drift.windows)))
    return [
        f"Windows of {windows} panes of {declaration.stream.pane} are held against the reference.",
        (
            f"Tolerance: a distance below {drift.tolerance:g}, or a share of missing or unheard-of values that changed "
            f"by less than {drift.share_tolerance:g}, never counts, however certain it is."
        ),
        (
            f"Budget: at most one false alarm in {drift.budget}. Half of it is shared by all tests of all columns and "
            f"windows, so that one test is significant with p below {levels.whole.test:.2g} only{_apart(levels)}; the "
            "other half is for what adds up over many panes."
        ),
        (
            f"Persistence: an incident opens when a column stands out in {drift.persistence} windows in a row that "
            "share no pane, and closes when none did for as many panes."
        ),
        f"Minimum: below {drift.minimum:,} samples, in the window or the reference, there is no verdict.",
    ]


def _apart(levels: Levels) -> str:
    return f", and in a segment below {levels.apart.test:.2g}" if levels.apart else ""


def _missing(cells: Cells | None) -> str:
    return "" if cells is None else f"{svg.share(cells.counts[-1] / max(1, sum(cells.counts)), 2)} → "
