"""One line a setting, one bar an incident, over the time of the stream."""

from collections.abc import Mapping, Sequence
from pathlib import Path

Bars = Sequence[tuple[int, int]]
"""Beginnings and ends, epoch ms."""
DAY = 86_400_000
"""matplotlib counts in days since 1970."""
OURS, USUAL = "#0b62ab", "#c2562d"


def draw(path: Path, title: str, usual: Mapping[str, Bars], ours: Mapping[str, Bars], extent: tuple[int, int]) -> None:
    """Writes a PNG: `usual` rules above, `ours` below, each by its name.

    Args:
        path: where to.
        title: above it.
        usual: panes in which each rule alarmed.
        ours: incidents of each setting.
        extent: begin and end of the time shown, epoch ms.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy: only where a picture is wanted
    from matplotlib.dates import ConciseDateFormatter  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    lines = [*((name, bars, USUAL) for name, bars in usual.items()), *((n, bars, OURS) for n, bars in ours.items())]
    figure = Figure(figsize=(11, 1.4 + 0.3 * len(lines)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for row, (_, bars, color) in enumerate(lines):
        at = [(start / DAY, (stop - start) / DAY) for start, stop in bars]
        axes.broken_barh(at, (row - 0.35, 0.7), color=color)
    axes.set_yticks(range(len(lines)), [f"{name}: {len(bars)}" for name, bars, _ in lines])
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xlim(extent[0] / DAY, extent[1] / DAY)
    axes.xaxis_date()
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))  # type: ignore[no-untyped-call] # untyped there
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(title, loc="left", weight="bold")
    figure.savefig(path)
