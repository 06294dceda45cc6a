"""docs/slo.png: how long a verdict takes once its pane is complete, and after how many samples a shift is told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.pictures import INK, MISSED, OURS, SOFT, STYLE

PICTURE = Path(__file__).parents[2] / "docs" / "slo.png"


def draw(found: Mapping[str, Any], path: Path = PICTURE) -> None:
    """Writes it."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13, 4.8), dpi=100, layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
        _verdicts(left, found)
        _shifts(right, found)
        for axes in (left, right):
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.tick_params(length=0, colors=INK)
            axes.set_axisbelow(True)
        figure.savefig(path, metadata={"Software": None})


def _verdicts(axes: Any, found: Mapping[str, Any]) -> None:
    values = np.array(found["all_deciding_s"])
    axes.hist(values, bins=24, range=(0, max(1.0, float(values.max(initial=0)) * 1.02)), color=OURS)
    for name, place in (("p50", "right"), ("p99", "left")):
        at = found["deciding_s"][name]
        axes.axvline(at, color=SOFT, linewidth=1)
        axes.text(at, axes.get_ylim()[1], f" {name} {at:g} s ", ha=place, va="bottom", color=INK)
    axes.set_xlabel(f"seconds from its last sample to the event (goal: p99 below {found['goal_deciding_s']:g})")
    axes.set_ylabel("shifts told")
    axes.set_title("Once the pane that decides is complete\n", loc="left", weight="bold")
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)


def _shifts(axes: Any, found: Mapping[str, Any]) -> None:
    kinds = found["kinds"]
    for row, kind in enumerate(kinds):
        counts = np.array(kind["all_samples"])
        height = np.random.default_rng(0).uniform(-0.22, 0.22, counts.size)
        axes.plot(counts, row + height, "o", color=OURS, alpha=0.55, markersize=5, markeredgewidth=0)
        if counts.size:
            axes.plot([kind["samples"]["p50"]], [row], "|", color=INK, markersize=28, markeredgewidth=2)
    told = [f"{kind['kind']}\n{kind['told']} of {kind['shifts']} told" for kind in kinds]
    axes.set_yticks(range(len(kinds)), told)
    for label, kind in zip(axes.get_yticklabels(), kinds, strict=True):
        label.set_color(INK if kind["told"] == kind["shifts"] else MISSED)
    axes.set_ylim(len(kinds) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel("samples until the end of the pane that decides (bar: median)")
    axes.set_title("From the beginning of a shift\n", loc="left", weight="bold")
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
