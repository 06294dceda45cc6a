"""Block charts show what they are given."""

from infra.cli import bars


def test_a_bar_is_full_at_its_scale_and_keeps_its_width() -> None:
    assert bars.bar(0.5, 0.5, 4) == "████"
    assert bars.bar(9.0, 0.5, 4) == "████"
    assert bars.bar(0.0, 0.5, 4) == "    "
    assert bars.bar(0.25, 1.0, 4) == "█   "
    assert bars.bar(-1.0, 1.0, 4) == "    "


def test_a_bar_grows_by_eighths() -> None:
    assert bars.bar(1 / 8, 1.0, 1) == "▏"
    assert bars.bar(7 / 8, 1.0, 1) == "▉"


def test_the_limit_is_a_line_until_the_bar_covers_it() -> None:
    assert bars.against(0.05, 0.15, 6) == "█  │  "
    assert bars.against(0.20, 0.15, 6) == "████  "


def test_a_sparkline_rises_with_its_values_and_leaves_gaps() -> None:
    assert bars.sparkline([0.0, 0.5, 1.0, None], 0.0, 1.0) == ["▁▄█ "]


def test_a_tall_sparkline_fills_its_rows_from_below() -> None:
    assert bars.sparkline([0.25, 0.5, 1.0], 0.0, 1.0, rows=2) == ["  █", "▄██"]


def test_a_flat_line_is_drawn() -> None:
    assert bars.sparkline([0.5, 0.5], 0.5, 0.5) == ["▁▁"]


def test_resampling_takes_means_and_leaves_what_has_no_points() -> None:
    points = [(0.0, 1.0), (1.0, 3.0), (9.0, 5.0), (10.0, 99.0)]

    assert bars.resample(points, 0.0, 10.0, 5) == [2.0, None, None, None, 5.0]
