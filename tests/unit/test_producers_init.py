"""The declaration writer: whatever the history, its text passes the check, and the history can be replayed with it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from producers.files import Roles, tracks
from producers.generate import Traffic, traffic, write
from producers.initialise import Asked, declaration_text, initialise
from producers.rawtable import RawTable
from producers.rhythm import DAY_MS, ENOUGH, PANES, in_words, rhythm
from producers.tolerance import DISTANCES, SHARES
from schemas.declaration import Declaration, load, parse
from schemas.duration import milliseconds
from schemas.errors import Refused

VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.floats()), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=3, max_size=3),
)


def declare(columns: dict[str, list[Any]], name: str = "h.parquet", **asked: str) -> Declaration:
    arrays = {key: pa.array(values) for key, values in columns.items()}
    rows = len(next(iter(columns.values())))
    return parse(declaration_text(RawTable(Path(name), arrays, rows), "toy", Asked(**asked)).encode(), "toy.toml")


@given(
    st.dictionaries(st.text(min_size=1, max_size=10), VALUES, max_size=4),
    st.lists(st.integers(1, 10**13), min_size=3, max_size=3),
)
def test_whatever_the_columns_the_text_passes_the_check(columns: dict[str, list[Any]], moments: list[int]) -> None:
    milli = [moment + 10**12 for moment in moments]
    kept = {name: values for name, values in columns.items() if name not in ("label", "label_ts", "ts", "id")}
    declared = declare({"ts": milli, "sure": [1.0, 2.0, 3.0], **kept})
    assert "sure" in declared.features
    assert set(declared.features) <= {"sure", *kept}


def csv(folder: Path, columns: dict[str, list[Any]]) -> Path:
    path = folder / "My Shop 2.csv"
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


COLUMNS: dict[str, list[Any]] = {
    "": list(range(1500)),
    "id": [f"s{row}" for row in range(1500)],
    "ts": [1735689600000 + row * 1000 for row in range(1500)],
    "price": [row / 7 if row % 10 else "" for row in range(1500)],
    "cents": [row * 37 % 1009 for row in range(1500)],
    "pieces": [row % 5 for row in range(1500)],
    "kind": ["abc"[row % 3] for row in range(1500)],
    "gift": ["true" if row % 2 else "false" for row in range(1500)],
    "guest": [f"g{row % 1400}" for row in range(1500)],
    "order_id": [row * 13 for row in range(1500)],
    "sold_at": ["2025-01-01T00:00:00Z"] * 1500,
    "empty": [""] * 1500,
    "label": [row % 2 if row % 3 else "" for row in range(1500)],
    "label_ts": [1735689600000 + row * 1000 + 90_000 if row % 3 else "" for row in range(1500)],
}


def test_kinds_gaps_and_reasons_are_found(tmp_path: Path) -> None:
    output = tmp_path / "shop.toml"
    _, text = initialise(csv(tmp_path, COLUMNS), output, Asked())
    declared = load(output)
    assert {name: feature.kind for name, feature in declared.features.items()} == {
        "price": "number", "cents": "number", "pieces": "integer", "kind": "category", "gift": "boolean",
    }  # fmt: skip
    assert [name for name, feature in declared.features.items() if not feature.required] == ["price"]
    assert all(feature.min is None and feature.max is None for feature in declared.features.values())
    assert declared.name == "my-shop-2"
    assert declared.label.max_delay == "3m"
    for name, why in [("guest", "says who"), ("order_id", "an id"), ("sold_at", "a time"), ("empty", "no values")]:
        assert re.search(rf"# No feature: {name}: .*{why}", text)
    assert "# max = 5  # seen 4" in text


def test_every_line_says_why_it_is_there(tmp_path: Path) -> None:
    _, text = initialise(csv(tmp_path, COLUMNS), tmp_path / "shop.toml", Asked())
    assert [line for line in text.splitlines() if " = " in line and "  # " not in line] == []


def test_the_history_can_be_replayed_with_its_declaration(tmp_path: Path) -> None:
    path, output = csv(tmp_path, COLUMNS), tmp_path / "shop.toml"
    _, text = initialise(path, output, Asked())
    left_out = frozenset(re.findall(r"# No feature: (.*?): ", text))
    samples, labels = tracks([str(path)], load(output), Roles(ignored=left_out))
    assert (samples.times.size, labels.times.size) == (1500, 1000)


@pytest.mark.parametrize("name", ["made.csv", "made.jsonl", "made.parquet"])
def test_formats_agree(tmp_path: Path, name: str) -> None:
    made = traffic(Traffic(n=600))
    path = tmp_path / name
    if name.endswith("parquet"):
        columns = {key: pa.array(column.tolist()) for key, column in made.samples.features.items()}
        parquet.write_table(pa.table({"ts": made.samples.times, "id": made.samples.ids.tolist(), **columns}), path)
    else:
        write(made, path)
    declared = load(initialise(path, tmp_path / "made.toml", Asked())[0])
    assert {key: feature.kind for key, feature in declared.features.items()} == {
        "x0": "number", "x1": "number", "x2": "number", "city": "category",
    }  # fmt: skip
    assert declared.stream.pane == "1h"
    assert tracks([str(path)], declared)[0].times.size == 600


def test_columns_are_named_by_options(tmp_path: Path) -> None:
    path = csv(tmp_path, {"when_due": ["2025-01-01", "2025-01-02"], "key": ["a", "b"], "x": [1.5, 2], "late": [0, 1]})
    _, text = initialise(path, tmp_path / "o.toml", Asked("named", "late", "when_due", "key"))
    declared = load(tmp_path / "o.toml")
    assert (declared.name, declared.stream.event_time, list(declared.features)) == ("named", "when_due", ["x"])
    assert "replay with --label late" in text


def test_a_file_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    path, output = csv(tmp_path, COLUMNS), tmp_path / "shop.toml"
    output.write_text("mine")
    with pytest.raises(Refused, match="--force"):
        initialise(path, output, Asked())
    assert output.read_text() == "mine"
    initialise(path, output, Asked(), force=True)
    assert load(output).features


@pytest.mark.parametrize(
    ("columns", "asked", "said"),
    [
        ({"x": [1.0]}, {}, "no column of event times"),
        ({"ts": [1_735_689_600], "x": [1.0]}, {}, "looks like seconds"),
        ({"ts": [1_735_689_600_000]}, {}, "no column can be a feature"),
        ({"ts": [], "x": []}, {}, "holds no rows"),
        ({"ts": [1_735_689_600_000], "x": [1.0]}, {"label": "y"}, "has no column 'y'; it has ts, x"),
        ({"ts": [1_735_689_600_000], "x": [1.0], "label": [7]}, {}, "labels must be 0, 1 or empty; found"),
        ({"ts": [1_735_689_600_000], "x": [1.0], "label": ["often"]}, {}, "column label: 'often' is not true or false"),
        ({"a b": [1_735_689_600_000], "x": [1.0]}, {"event_time": "a b"}, "cannot be the event time"),
    ],
)
def test_a_history_that_nothing_can_be_made_of_is_refused(
    columns: dict[str, list[Any]], asked: dict[str, str], said: str
) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        declare(columns, **asked)


@given(st.integers(2, 5000), st.integers(1, 10**9))
def test_a_pane_has_enough_samples_unless_it_is_the_longest(n: int, step: int) -> None:
    found = rhythm(10**12 + np.arange(n, dtype=np.int64) * step)
    assert found.samples >= ENOUGH or found.pane == list(PANES)[-1]
    for length in (found.reference, found.recent, found.fold, found.cooldown):
        assert milliseconds(length) % milliseconds(found.pane) == 0
    assert milliseconds(found.lateness) < milliseconds(found.pane)


@given(st.integers(1, 10**15))
def test_a_length_in_words_is_the_length(length: int) -> None:
    assert milliseconds(in_words(length)) == length


HOUR_MS = DAY_MS // 24
START_MS = 1_735_689_600_000


def of_weeks(weeks: int, **columns: Any) -> tuple[Declaration, str]:
    """Of one sample a minute and two steady columns, with others made from the hours since the start."""
    hours = np.arange(weeks * 7 * 24 * 60) / 60
    random = np.random.default_rng(0)
    made = {name: make(hours, random) for name, make in columns.items()}
    steady = {"a": random.normal(size=hours.size), "b": random.choice(["x", "y", "z"], hours.size)}
    times = START_MS + (hours * HOUR_MS).astype(np.int64)
    table = RawTable(
        Path("h.parquet"), {k: pa.array(v) for k, v in {"ts": times, **steady, **made}.items()}, hours.size
    )
    text = declaration_text(table, "toy", Asked())
    return parse(text.encode(), "toy.toml"), text


def test_steady_columns_propose_a_small_tolerance_and_no_column_is_called_restless() -> None:
    declared, text = of_weeks(9)

    assert (declared.drift.tolerance, declared.drift.share_tolerance) == (DISTANCES.low, SHARES.low)
    assert (declared.drift.budget, declared.drift.reference) == ("100d", "28d")
    assert "# 8 periods of 7d were compared, each with the 28d before it" in text
    assert "restless" not in text


def test_a_restless_column_is_named_and_does_not_raise_the_tolerance_of_the_others() -> None:
    declared, text = of_weeks(8, storm=lambda hours, random: random.normal(size=hours.size) + hours // 168 % 2)

    assert declared.drift.tolerance == DISTANCES.low
    assert re.search(r"# Distances of restless columns were larger by far: storm 0\.[2-9]\d\.", text)


def test_a_level_that_most_columns_reach_is_tolerated() -> None:
    def wave(hours: Any, random: Any) -> Any:
        return random.normal(size=hours.size) + 0.8 * (hours // 168 % 2)

    declared, text = of_weeks(24, u=wave, v=wave, w=wave)

    assert declared.drift.tolerance == pytest.approx(0.2)  # D of a normal and an even mixture of two, .8 apart, is .16
    assert "restless" not in text


def test_gaps_that_come_and_go_are_named_apart() -> None:
    def gaps(hours: Any, random: Any) -> Any:
        return pa.array(random.normal(size=hours.size), mask=random.random(hours.size) < 0.3 * (hours // 168 % 2))

    declared, text = of_weeks(8, gust=gaps)

    assert declared.drift.share_tolerance == SHARES.low
    assert re.search(r"# Shares missing of restless columns were larger by far: gust 0\.[2-3]\d\.", text)


def test_a_change_within_the_history_is_told_and_the_tolerance_has_a_bound() -> None:
    made = traffic(Traffic(n=6_000, step_ms=60_000, shift_at=0.5)).samples
    declared = declaration_text(
        RawTable(
            Path("h.parquet"),
            {"ts": pa.array(made.times), **{k: pa.array(v.tolist()) for k, v in made.features.items()}},
            6_000,
        ),
        "toy",
        Asked(),
    )

    assert f"tolerance = {DISTANCES.high}" in declared
    assert "Does the history hold a change itself?" in declared


def test_periods_of_a_short_history_are_said_and_of_a_shorter_one_nothing_is_claimed() -> None:
    def text(n: int) -> str:
        made = traffic(Traffic(n=n, step_ms=60_000)).samples
        columns = {"ts": pa.array(made.times), **{k: pa.array(v.tolist()) for k, v in made.features.items()}}
        return declaration_text(RawTable(Path("h.parquet"), columns, n), "toy", Asked())

    assert "# 7 periods of 12h were compared, each with the 2d before it" in text(6_000)
    assert "Too short a history" in text(600)
    assert parse(text(600).encode(), "toy.toml").drift.tolerance == 0.1


def test_a_budget_is_a_hundred_days_and_no_less_than_a_hundred_panes() -> None:
    assert rhythm(10**12 + np.arange(10_000) * 60_000).budget == "100d"
    rare = rhythm(10**12 + np.arange(500) * DAY_MS // 10)
    assert (rare.pane, rare.budget) == ("7d", "700d")


def test_the_order_of_rows_does_not_matter() -> None:
    made = traffic(Traffic(n=6_000, step_ms=60_000)).samples
    columns = {"ts": made.times, **made.features}
    mixed = np.random.default_rng(0).permutation(6_000)
    texts = [
        declaration_text(
            RawTable(Path("h.parquet"), {k: pa.array(v[order].tolist()) for k, v in columns.items()}, 6_000),
            "toy",
            Asked(),
        )
        for order in (np.arange(6_000), mixed)
    ]

    assert texts[0].split("[drift]")[1] == texts[1].split("[drift]")[1]
