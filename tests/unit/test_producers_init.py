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
from producers.rhythm import ENOUGH, PANES, in_words, rhythm
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
