"""The live view shows a moment with the right figures, fits its terminal and never jumps in height."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from infra.balance import Account
from infra.cli.demo import view
from infra.cli.demo.moment import DAY_MS, Day, Hold, Losses, Moment, milliseconds
from infra.cli.tables import Decision, Shift

YEAR = datetime(2013, 1, 1, tzinfo=UTC)
START = milliseconds(YEAR)


def shift(feature: str, effect: float, verdict: str = "stable") -> Shift:
    return Shift(feature, YEAR, 3, 8, 7200, effect, 1e-9, 0.0, verdict)


EMPTY = Moment(
    elapsed_s=12.3,
    phase="",
    start=START,
    stop=START + 365 * DAY_MS,
    date=START,
    speed=300_000,
    rate=3456.0,
    account=Account(partition=-1, received=1000, scored=900, rejected=40, duplicates=10, late=5),
    tolerance=0.15,
)
FULL = replace(
    EMPTY,
    date=START + 219 * DAY_MS,
    shifts=tuple(shift(f"feature_{i}", 0.3 - 0.03 * i, "drifted" if i < 4 else "stable") for i in range(12)),
    losses=Losses(tuple(Day(START + day * DAY_MS, 10, 4.0 + day / 100, 6.0) for day in range(28, 219))),
    decisions=tuple(
        Decision(f"r-{i}", "e", "gated", f"reason {i} " + "long " * 40, YEAR + timedelta(days=i), YEAR, None, {})
        for i in range(20)
    ),
    promotions=((START + 100 * DAY_MS, 2), (START + 364 * DAY_MS, 12)),
    hold=Hold("flights-e-1", 8.0),
    champion=2,
    resident_mb=2345.6,
    remarks=("flights.scorer-0 was restarted 1x",),
)


def rendered(moment: Moment) -> str:
    console = Console(width=100, height=35)
    with console.capture() as capture:
        console.print(view.draw(moment))
    return capture.get()


def test_a_full_moment_shows_its_figures() -> None:
    text = rendered(FULL)

    assert "08 Aug 2013" in text
    assert "60%" in text
    assert "1,000 received = 900 scored + 40 rejected + 10 duplicates + 50 on their way" in text
    assert "0.5230" in text
    assert "0.6000" in text
    assert "-12.8%" in text
    assert "▲2" in text
    assert "live, now v2" in text
    assert "reason 19" in text
    assert "reason 11" not in text
    assert "flights.scorer-0 was restarted 1x" in text
    assert "2,346 MB" in text


def test_a_hold_says_that_the_clock_is_held_and_why() -> None:
    assert (
        "Clock held 8 s while a model is trained and proven: unheld, 28 days of flights would have gone by."
        in rendered(FULL)
    )


def test_features_that_moved_most_are_shown_against_the_tolerance() -> None:
    text = rendered(FULL)

    assert "feature_7" in text
    assert "feature_8" not in text
    assert "│" in next(line for line in text.splitlines() if line.startswith("feature_7"))
    assert "│" not in next(line for line in text.splitlines() if line.startswith("feature_0"))


def test_an_empty_moment_is_drawn_too() -> None:
    text = rendered(EMPTY)

    assert "no window has been judged yet" in text
    assert "none yet" in text


@pytest.mark.parametrize(
    "moment", [EMPTY, FULL, replace(FULL, hold=None), replace(FULL, hold=None, phase="waiting " * 30)]
)
def test_the_view_fits_and_keeps_its_height(moment: Moment) -> None:
    lines = rendered(moment).splitlines()

    assert len(lines) == len(rendered(EMPTY).splitlines()) <= 35
    assert max(map(len, lines)) <= 100


def test_one_line_tells_the_same_where_there_is_no_terminal() -> None:
    text = view.line(FULL)

    assert "\n" not in text
    assert "live 0.5230, never retrained 0.6000" in text
    assert "clock held for flights-e-1" in text


def test_progress_stays_within_the_year() -> None:
    assert replace(EMPTY, date=START - DAY_MS).progress == 0.0
    assert replace(EMPTY, date=START + 400 * DAY_MS).progress == 1.0
