"""The run of windows: effect over time beside its tolerance, one small drawing for each length of window."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from schemas.duration import panes
from schemas.messages import DriftRow
from streams.hindsight.report import svg
from streams.hindsight.report.axis import Scale, ticks, times
from streams.hindsight.report.thin import thin

WIDTH, HEIGHT = 440, 120
LEFT, RIGHT, TOP, FOOT, STRIP = 34, 8, 18, 28, 8
"""Under each drawing runs a strip of marks."""
HEIGHTS = {"drifted": STRIP, "significant": 3, "too-few": 1}
HEADROOM = 1.1


def top(rows: Sequence[DriftRow], tolerance: float) -> float:
    """The highest effect that a feature's drawings have room for: one scale for all of them."""
    return min(1.0, HEADROOM * max([tolerance, *(row.effect for row in rows)]))


def run(
    rows: Sequence[DriftRow], name: str, limits: tuple[float, float], high: float, extent: tuple[int, int]
) -> Markup:
    """A line, the band in which the true effect lies with 95 %, and a mark for each window that stands out.

    Args:
        rows: of one feature and one length of window, in order of time.
        name: of the feature, as shown.
        limits: the tolerance, and the level below which a p-value is significant.
        high: of the scale.
        extent: begin and end of the time shown, epoch ms.
    """
    x = Scale(extent[0], extent[1], LEFT, WIDTH - RIGHT)
    y = Scale(0, high, HEIGHT - FOOT - STRIP, TOP)
    seen = thin(rows)
    window = rows[0].window if rows else 0
    drawn = [
        *_frame(x, y, extent),
        *_bands(seen, x, y),
        svg.line((LEFT, y(limits[0])), (WIDTH - RIGHT, y(limits[0])), "tolerance"),
        *_limits(seen, x, y),
        *_lines(seen, x, y),
        *_marks(seen, x, limits[1]),
        svg.text(LEFT, 11, panes(window), "name"),
    ]
    drifted = sum(row.verdict == "drifted" for row in rows)
    said = f"{name}: effect over {len(rows):,} windows of {panes(window)}, {drifted:,} of them drifted"
    return svg.chart((WIDTH, HEIGHT), said, drawn)


def _frame(x: Scale, y: Scale, extent: tuple[int, int]) -> list[Markup]:
    drawn = [svg.line((LEFT, y(0)), (WIDTH - RIGHT, y(0)), "axis")]
    drawn += [svg.text(LEFT - 5, y(share) + 4, f"{share:.2g}", anchor="end") for share in ticks(0, y.high, 4)]
    for at, name in times(*extent, 5):
        drawn.append(svg.line((x(at), HEIGHT - FOOT), (x(at), HEIGHT - FOOT + 4), "axis"))
        drawn.append(svg.text(x(at), HEIGHT - FOOT + 16, name, anchor="middle"))
    return drawn


def _parts(rows: Sequence[DriftRow]) -> Iterator[list[DriftRow]]:
    """Windows that were held against the same reference."""
    return (list(part) for _, part in groupby(rows, key=lambda row: row.version))


def _lines(rows: Sequence[DriftRow], x: Scale, y: Scale) -> list[Markup]:
    """One for each version: with a new one the reference is another. A window alone is a dot."""
    drawn = []
    for place, part in enumerate(_parts(rows)):
        points = [(x(row.pane_end), y(row.effect)) for row in part]
        if place:
            drawn.append(svg.line((points[0][0], TOP), (points[0][0], y.start), "version"))
        alone = svg.tag("circle", cx=points[0][0], cy=points[0][1], r=1.5, class_="window-bar")
        drawn.append(svg.path(points, "window-line") if len(points) > 1 else alone)
    return drawn


def _bands(rows: Sequence[DriftRow], x: Scale, y: Scale) -> list[Markup]:
    drawn = []
    for part in _parts(rows):
        sides = [
            (x(row.pane_end), y(row.low), y(row.high)) for row in part if row.low is not None and row.high is not None
        ]
        around = [(at, low) for at, low, _ in sides] + [(at, high) for at, _, high in reversed(sides)]
        drawn.append(svg.path(around, "band"))
    return drawn


def _limits(rows: Sequence[DriftRow], x: Scale, y: Scale) -> list[Markup]:
    """What chance alone stays below, where that is known and there is room for it."""
    drawn = []
    for part in _parts(rows):
        points = [(x(row.pane_end), y(row.limit)) for row in part if row.limit is not None and row.limit <= y.high]
        if len(points) > 1:
            drawn.append(svg.path(points, "chance"))
    return drawn


def _marks(rows: Sequence[DriftRow], x: Scale, level: float) -> list[Markup]:
    """High where a window drifted, low where it is significant alone, a trace where it had too few samples."""
    foot = HEIGHT - FOOT
    found: dict[str, list[float]] = {"drifted": [], "too-few": [], "significant": []}
    for row in rows:
        kind = {"drifted": "drifted", "insufficient": "too-few"}.get(row.verdict)
        if kind or row.p < level:
            found[kind or "significant"].append(x(row.pane_end))
    return [svg.strokes(places, foot - HEIGHTS[kind], foot, kind) for kind, places in found.items()]
