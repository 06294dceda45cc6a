"""docs/scaling.png: what is used up at which rate, and lag over time when something goes wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.scaling import scenarios
from benchmarks.scaling.inputs import gather, kept_bench
from benchmarks.scaling.plant import SCORER
from benchmarks.scaling.scenarios import Case
from benchmarks.scaling.simulation import Load, Outage, Run
from benchmarks.scaling.sizing import Assumed, affordable

PICTURE = Path(__file__).parents[2] / "docs" / "scaling.png"
RATE = 1e6
KEPT, LOST, BURST, INK, SOFT = "#0b62a8", "#b02a37", "#c2571a", "#222222", "#8a8a8a"


def draw(found: Mapping[str, Any], path: Path = PICTURE) -> None:
    """Writes it."""
    with mpl.rc_context({"font.size": 10, "axes.edgecolor": SOFT, "text.color": INK, "axes.labelcolor": INK}):
        figure = Figure(figsize=(12, 5), dpi=100)
        left, right = figure.subplots(1, 2)
        _limits(left, found["limits"])
        _lags(right, found["measured"])
        figure.tight_layout()
        figure.savefig(path, metadata={"Software": None})


def _limits(axes: Any, rows: list[dict[str, Any]]) -> None:
    names = [f"{row['resource']}\n{row['unit']}" for row in rows]
    colours = [KEPT if row["scales"] else LOST for row in rows]
    axes.barh(names, [row["full"] for row in rows], color=colours)
    axes.set_xscale("log")
    axes.invert_yaxis()
    for rate in (1e6, 1e7):
        axes.axvline(rate, color=SOFT, linestyle=":")
    axes.set_xlabel("samples/s that use up one of it (red: there is only one a stream)")
    axes.set_title("What one of each can do", loc="left")
    axes.tick_params(axis="y", labelsize=8)


def _lags(axes: Any, measured: Mapping[str, float]) -> None:
    for name, colour, rate, run in _runs(measured):
        axes.plot(run.times, run.waiting.sum(axis=1) / rate, label=name, color=colour, linewidth=1.6)
    axes.set_xlabel("s")
    axes.set_ylabel("lag, in seconds of the load")
    axes.set_title(f"Simulated lag, sized for {RATE:,.0f} samples/s", loc="left")
    axes.legend(frameon=False, fontsize=9)
    axes.set_ylim(bottom=0)


def _runs(measured: Mapping[str, float]) -> list[tuple[str, str, float, Run]]:
    inputs = gather(measured, kept_bench())
    case = Case.of(RATE, inputs, affordable(RATE, inputs, Assumed()))
    first = case.first
    near = scenarios.NEAR * case.full(first)
    down = Outage(SCORER, 0, 10, 10 + inputs["scorer_starts_s"])
    loads = (
        (f"{near:,.0f}/s, a fifth less {first}", LOST, Load(near), {first: scenarios.LESS}, ()),
        ("twice the load for 10 s of every minute", BURST, Load(RATE, burst=2, burst_s=10), None, ()),
        ("one scorer killed", KEPT, Load(RATE), None, (down,)),
        (f"{near:,.0f}/s, as sized", SOFT, Load(near), None, ()),
    )
    return [
        (name, colour, load.rate, case.run(name, load, less, outages)[1])
        for name, colour, load, less, outages in loads
    ]  # fmt: skip
