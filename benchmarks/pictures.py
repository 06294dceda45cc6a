"""Draws docs/bench-*.png from the figures of `make bench`: peers, latency, profile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

OURS, THEIRS, MISSED, INK, SOFT = "#0b62a8", "#9aa5b1", "#b02a37", "#222222", "#8a8a8a"
STYLE: Any = {"font.size": 11, "axes.edgecolor": SOFT, "text.color": INK, "axes.labelcolor": INK}


def draw(found: dict[str, Any], folder: Path) -> None:
    """Those whose part was measured."""
    for name, (picture, part) in PICTURES.items():
        if part in found:
            with mpl.rc_context(STYLE):
                picture(found[part]).savefig(folder / f"bench-{name}.png", metadata={"Software": None})


def _axes(figure: Figure, left: float, title: str, bottom: float = 0.14) -> Any:
    axes = figure.add_axes((left, bottom, 0.96 - left, 0.84 - bottom))
    figure.text(0.03, 0.92, title, size=14, weight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    axes.set_axisbelow(True)
    return axes


def peers(part: dict[str, Any]) -> Figure:
    """A bar each, from zero."""
    rows = part["table"][::-1]
    figure = Figure(figsize=(10, 5), dpi=100)
    axes = _axes(figure, 0.27, "Records a CPU-second, the same job on the same stream")
    ours = {"scorer", "framer + scorer"}
    values = [row["per_cpu_second"] for row in rows]
    axes.barh([row["name"] for row in rows], values, color=[OURS if row["name"] in ours else THEIRS for row in rows])
    for place, row in enumerate(rows):
        axes.text(row["per_cpu_second"], place, f"  {row['per_cpu_second'] / 1000:,.1f}k", va="center")
    axes.set_xlim(0, max(values) * 1.12)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:,.0f}k")
    axes.set_xlabel(f"records a second of the competitor's own CPU ({part['bytes']} bytes each)")
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    return figure


def latency(part: dict[str, Any]) -> Figure:
    """p50 and p99 over the rate, in milliseconds from zero, with the goal."""
    figure = Figure(figsize=(10, 5), dpi=100)
    axes = _axes(figure, 0.09, "From a sample to its committed prediction")
    rates = [row["rate"] / 1000 for row in part["rows"]]
    for key, color in (("p99_ms", OURS), ("p50_ms", SOFT)):
        values = [row[key] for row in part["rows"]]
        axes.plot(rates, values, "o-", color=color, linewidth=2)
        axes.annotate(key[:3], (rates[-1], values[-1]), xytext=(9, 0), textcoords="offset points", va="center",
                      color=color, weight="bold")  # fmt: skip
    goal = part["goal_p99_ms_at_half"]
    half = next(row["rate"] / 1000 for row in part["rows"] if row["share"] == 0.5)  # noqa: PLR2004 - half load
    axes.plot([half], [goal], "_", color=MISSED, markersize=26, markeredgewidth=2.5)
    axes.annotate(f"goal: p99 below {goal} ms at half load", (half, goal), xytext=(-16, 0), ha="right",
                  va="center", textcoords="offset points", color=MISSED)  # fmt: skip
    axes.set_ylim(0, max(goal, *(row["p99_ms"] for row in part["rows"])) * 1.12)
    axes.set_xlim(0, rates[-1] * 1.1)
    axes.set_xlabel(f"thousand samples a second (the largest rate here: {part['rows'][0]['most'] / 1000:,.0f})")
    axes.set_ylabel("milliseconds")
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    return figure


def profile(part: dict[str, Any]) -> Figure:
    """Both subjects, stage by stage, from zero."""
    known = {name: {row["stage"]: row["us"] for row in part[name]["rows"]} for name in ("numbers", "flights")}
    stages = sorted(known["numbers"] | known["flights"], key=lambda name: known["numbers"].get(name, 0))
    figure = Figure(figsize=(10, 6.5), dpi=100)
    axes = _axes(figure, 0.30, "Where the scorer's CPU goes", 0.11)
    for shift, (name, color) in zip((0.2, -0.2), (("numbers", OURS), ("flights", THEIRS)), strict=True):
        values = [known[name].get(one, 0) for one in stages]
        label = f"{name}: {part[name]['us_per_record']:g} us in all"
        axes.barh([place + shift for place in range(len(stages))], values, 0.38, color=color, label=label)
    axes.set_yticks(range(len(stages)), stages)
    axes.set_xlabel("microseconds of CPU a sample")
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.legend(frameon=False, loc="lower right")
    return figure


PICTURES: dict[str, tuple[Callable[[dict[str, Any]], Figure], str]] = {
    "peers": (peers, "numbers"),
    "latency": (latency, "latency"),
    "profile": (profile, "profile"),
}
