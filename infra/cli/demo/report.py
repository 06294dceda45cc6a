"""Draws the year: both models' log-loss, when drift was seen, when a new model took over."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import dates
from matplotlib.figure import Figure

from infra.cli import words
from infra.cli.demo.moment import DAY_MS, Losses
from infra.cli.demo.summary import Summary, Year

WEEK = 7
LIVE, NEVER, DRIFT, INK, SOFT = "#0b62a8", "#c2571a", "#b02a37", "#222222", "#8a8a8a"


def rolling(losses: Losses) -> tuple[list[datetime], list[float], list[float]]:
    """For each day from the seventh on: its date, and both means over the seven days up to it."""
    times, lives, nevers = [], [], []
    for end in range(WEEK - 1, len(losses.days)):
        live, never = losses.mean(losses.days[end - WEEK + 1 : end + 1])
        if live is not None and never is not None:
            times.append(_moment(losses.days[end].start + DAY_MS))
            lives.append(live)
            nevers.append(never)
    return times, lives, nevers


def draw(summary: Summary, year: Year, path: Path) -> None:
    """Writes the picture as PNG, 1200 x 700 pixels."""
    with mpl.rc_context({"font.size": 11, "axes.edgecolor": SOFT, "text.color": INK, "axes.labelcolor": INK}):
        figure = Figure(figsize=(12, 7), dpi=100)
        axes = figure.add_axes((0.07, 0.12, 0.80, 0.70))
        times, lives, nevers = rolling(year.losses)
        _lines(axes, times, lives, nevers)
        _events(axes, year)
        _frame(axes)
        _words(figure, summary)
        figure.savefig(path, metadata={"Software": None})


def _lines(axes: Any, times: Sequence[datetime], lives: Sequence[float], nevers: Sequence[float]) -> None:
    if not times:
        axes.text(0.5, 0.5, "not a week of labelled flights", transform=axes.transAxes, ha="center", color=SOFT)
        return
    axes.fill_between(times, lives, nevers, color=LIVE, alpha=0.10, linewidth=0)
    axes.plot(times, nevers, color=NEVER, linewidth=1.8)
    axes.plot(times, lives, color=LIVE, linewidth=2.2)
    low, high = min(*lives, *nevers), max(*lives, *nevers)
    axes.set_ylim(low - 0.14 * (high - low), high + 0.10 * (high - low))
    apart = 0.045 * (high - low) * 1.24
    middle = (lives[-1] + nevers[-1]) / 2
    shift = max(0.0, apart - abs(nevers[-1] - lives[-1]) / 2)
    above = nevers[-1] >= middle
    for values, name, color, up in ((nevers, "never\nretrained", NEVER, above), (lives, "live", LIVE, not above)):
        place = values[-1] + (shift if up else -shift)
        axes.annotate(
            name, (times[-1], place), xytext=(8, 0), textcoords="offset points", va="center", color=color, weight="bold"
        )


def _events(axes: Any, year: Year) -> None:
    across = axes.get_xaxis_transform()
    for time, version in year.promotions:
        axes.axvline(_moment(time), color=INK, linewidth=0.9, linestyle=(0, (4, 3)), alpha=0.65, zorder=1)
        axes.text(
            _moment(time), 1.01, f"v{version}", transform=across, ha="center", va="bottom", color=INK, fontsize=10
        )
    if year.opened:
        ticks = {"color": DRIFT, "markersize": 17, "markeredgewidth": 2.2}
        axes.plot(list(year.opened), [0.022] * len(year.opened), "|", transform=across, **ticks)


def _frame(axes: Any) -> None:
    locator, formatter = dates.MonthLocator(), dates.DateFormatter("%b")  # type: ignore[no-untyped-call] # matplotlib's
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.set_ylabel("log-loss, mean over 7 days (lower is better)")
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    axes.margins(x=0.01)


def _words(figure: Figure, summary: Summary) -> None:
    live, never = words.loss(summary.log_loss_live), words.loss(summary.log_loss_never_retrained)
    figure.text(
        0.07, 0.945, f"Following the world: log-loss {live} live, {never} never retrained", size=17, weight="bold"
    )
    figure.text(
        0.07,
        0.9,
        f"{summary.received:,} departures from New York in 2013 through Kafka: {summary.drift_events} drift events, "
        f"{summary.retrains} retrains, {summary.promotions} promotions, {summary.balance:,} records unaccounted for",
        color="#555555",
    )
    figure.text(0.07, 0.035, "|", color=DRIFT, weight="bold", size=13)
    figure.text(0.082, 0.037, "drift was noticed", color="#555555", size=10.5)
    figure.text(
        0.235, 0.037, "- - -  a new version took over, proven on the same recent flights", color="#555555", size=10.5
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
