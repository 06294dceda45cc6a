"""A figure for a page of the registry: its size, its colours, and where it is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

CHAMPION, CHALLENGER, NEVER, LIMIT = "#8a949e", "#0b62ab", "#c77700", "#b3261e"


def figure(folder: Path, name: str, size: tuple[float, float], paint: Callable[[Any], None]) -> str:
    """Writes `folder`/`name` and returns the name; `paint` gets the figure, which needs no screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy: only the training process
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    made = Figure(figsize=size, dpi=110, layout="constrained")
    FigureCanvasAgg(made)
    paint(made)
    (folder / name).parent.mkdir(exist_ok=True)
    made.savefig(folder / name)
    return name


def dates(axes: Any) -> None:
    """Short dates on the lower axis."""
    from matplotlib.dates import ConciseDateFormatter  # noqa: PLC0415 - as above

    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))  # type: ignore[no-untyped-call] # untyped there
