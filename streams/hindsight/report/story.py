"""The incidents' story: a time line with a bar for each of them, in a row for each version."""

from collections.abc import Sequence

from markupsafe import Markup

from schemas.duration import day
from streams.hindsight.report import svg
from streams.hindsight.report.axis import Scale, times
from streams.hindsight.spans import Span

MOST = 200
"""Incidents that are told; the latest ones."""
ROWS = 40
"""Versions that are drawn; the latest ones."""
WIDTH, ROW, NAMES, FOOT = 900, 18, 90, 22
LEAST = 2.0
"""Pixels of the shortest bar."""


def overlapping(spans: Sequence[Span], start: int, stop: int) -> list[Span]:
    """The incidents that were open at some time from `start` to `stop`."""
    return [span for span in spans if span.start <= stop and (span.stop is None or span.stop >= start)]


def timeline(spans: Sequence[Span], extent: tuple[int, int]) -> Markup:
    """A bar from opening to closing, with a stroke where it escalated; one that is open reaches the border.

    Args:
        spans: incidents.
        extent: begin and end of the time shown, epoch ms.
    """
    x = Scale(*extent, NAMES, WIDTH - 10)
    rows = sorted({span.version for span in spans})[-ROWS:]
    height = ROW * len(rows)
    drawn = []
    for at, name in times(*extent, 13):
        drawn.append(svg.line((x(at), 0), (x(at), height + 4), "grid"))
        drawn.append(svg.text(x(at), height + 18, name, anchor="middle"))
    for row, version in enumerate(rows):
        drawn.append(svg.text(NAMES - 8, row * ROW + 13, f"version {version}", "name", "end"))
        for span in (span for span in spans if span.version == version):
            drawn += _bar(span, x, row * ROW + 3)
    return svg.chart((WIDTH, height + FOOT), f"{len(spans)} incidents over time, by version", drawn)


def _bar(span: Span, x: Scale, y: float) -> list[Markup]:
    start, stop = x(span.start), x(x.high if span.stop is None else span.stop)
    said = f"{day(span.start)} to {day(span.stop) if span.stop else 'now'}: {svg.label(span.sentence, 400)}"
    bar = svg.box(start, y, max(stop - start, LEAST), ROW - 6, "incident" if span.stop else "incident open", said)
    return [bar, svg.strokes([x(at) for at in span.escalated], y, y + ROW - 6, "escalated")]
