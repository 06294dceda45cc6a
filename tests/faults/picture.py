"""The time line of a campaign: what waits, and each fault with how long it lasted and when all was well again."""

from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from faults.campaign import Campaign
from faults.round import Outcome

LASTED, RECOVERED, WAITS, STORED = "#c0392b", "#f0b27a", "#1f618d", "#7fb3d5"


def draw(found: Campaign, path: Path) -> None:
    """Writes a PNG; rounds follow one another, between two dotted lines each."""
    kinds = sorted({mark.kind for outcome in found.outcomes for mark in outcome.marks})
    figure = Figure(figsize=(14, 3.5 + 0.24 * len(kinds)), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, max(1, 0.24 * len(kinds))))
    start = min(outcome.began for outcome in found.outcomes)
    for outcome in found.outcomes:
        _waiting(upper, outcome, start)
        _faults(lower, outcome, start, kinds)
        for axes in (upper, lower):
            axes.axvline(outcome.ended - start, color="grey", linestyle=":", linewidth=0.8)
    upper.set_ylabel("samples waiting")
    handles, names = upper.get_legend_handles_labels()
    upper.legend(handles[:2], names[:2], loc="upper left", fontsize="small")
    lower.set_yticks(range(len(kinds)), kinds, fontsize="small")
    lower.set_xlabel("seconds; red: the fault lasts, orange: until what waited then is done")
    lower.invert_yaxis()
    figure.savefig(path)


def _waiting(axes: Any, outcome: Outcome, start: float) -> None:
    times = [point.at - start for point in outcome.line]
    stored = [max(0, point.sent - point.stored) for point in outcome.line]
    waiting = [max(0, point.sent - point.scored) for point in outcome.line]
    axes.plot(times, stored, color=STORED, linewidth=0.9, label="not yet in PostgreSQL")
    axes.plot(times, waiting, color=WAITS, linewidth=1.1, label="not yet scored")


def _faults(axes: Any, outcome: Outcome, start: float, kinds: list[str]) -> None:
    for mark in outcome.marks:
        row, ended = kinds.index(mark.kind), mark.ended or outcome.ended
        recovered = mark.recovered_at or outcome.ended
        axes.barh(row, max(0.4, recovered - mark.began), left=mark.began - start, color=RECOVERED, height=0.7)
        axes.barh(row, max(0.4, ended - mark.began), left=mark.began - start, color=LASTED, height=0.4)
