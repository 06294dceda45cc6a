"""Readers of history: what they make of good files, and how they name the fault of bad ones."""

import gzip
import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from producers.events import Event, Timeline
from producers.files import Roles, tracks
from schemas.declaration import Declaration, parse
from schemas.errors import Refused
from schemas.sample import features_type, sample_type

DECLARATION = parse(
    b"""
[stream]
name = "shop"
[features.price]
kind = "number"
required = false
[features.pieces]
kind = "integer"
required = false
[features.kind]
kind = "category"
required = false
[features.gift]
kind = "boolean"
required = false
""",
    "shop.toml",
)
HEADER = "id,ts,price,pieces,kind,gift,label,label_ts\n"
GOOD = (
    HEADER
    + "a,2025-01-01T00:00:02Z,1.5,3,NA,true,1,2025-01-01T00:00:09Z\n"
    + "b,1735689601000,,,,,,\n"
    + 'c,2025-01-01 00:00:03,2,,"x, y",FALSE,0,2025-01-01T00:00:04Z\n'
)


def read(path: Path, roles: Roles | None = None, declaration: Declaration = DECLARATION) -> list[Event]:
    return [event for chunk in Timeline(tracks([str(path)], declaration, roles)).chunks() for event in chunk]


def file(folder: Path, text: str, name: str = "h.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path, roles: Roles | None = None) -> str:
    with pytest.raises(Refused) as caught:
        read(path, roles)
    return str(caught.value)


def test_rows_become_samples_and_labels_in_the_order_in_which_they_were_known(tmp_path: Path) -> None:
    events = read(file(tmp_path, GOOD))
    assert [(event.key, event.kind) for event in events] == [
        (b"b", "sample"), (b"a", "sample"), (b"c", "sample"), (b"c", "label"), (b"a", "label"),
    ]  # fmt: skip
    first, second = (msgspec.json.decode(event.value) for event in events[:2])
    gaps = {"price": None, "pieces": None, "kind": None, "gift": None}
    assert first == {"id": "b", "ts": 1735689601000, "features": gaps}
    assert second["features"] == {"price": 1.5, "pieces": 3, "kind": "NA", "gift": True}
    assert msgspec.json.decode(events[-1].value) == {"id": "a", "ts": 1735689609000, "label": 1}


def test_every_sample_is_what_the_stream_decodes(tmp_path: Path) -> None:
    envelope, features = sample_type(DECLARATION), features_type(DECLARATION)
    for event in read(file(tmp_path, GOOD)):
        if event.kind == "sample":
            sample = msgspec.json.decode(event.value, type=envelope)
            msgspec.json.decode(msgspec.structs.asdict(sample)["features"], type=features)


def _gz(path: Path) -> Path:
    packed = path.with_name("h.csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def _zip(path: Path) -> Path:
    packed = path.with_name("h.csv.zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "inner.csv")
    return packed


@pytest.mark.parametrize("pack", [_gz, _zip])
def test_a_packed_csv_reads_as_the_plain_one(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    plain = file(tmp_path, GOOD)
    assert read(pack(plain)) == read(plain)


def test_a_parquet_file_reads_as_the_csv(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["a", "b", "c"],
            "ts": pa.array([1735689602000, 1735689601000, 1735689603000], pa.timestamp("ms", tz="UTC")),
            "price": [1.5, math.nan, 2.0],
            "pieces": pa.array([3.0, None, None], pa.float64()),
            "kind": pa.array(["NA", None, "x, y"]).dictionary_encode(),
            "gift": [True, None, False],
            "label": [1, None, 0],
            "label_ts": pa.array([1735689609000, None, 1735689604000], pa.timestamp("ms")),
        }
    )
    path = tmp_path / "h.parquet"
    parquet.write_table(table, path)
    assert read(path) == read(file(tmp_path, GOOD))


def test_jsonl_is_sent_untouched_and_in_order(tmp_path: Path) -> None:
    late = '{"id": "a",  "ts": "2025-01-01T00:00:02Z", "features": {"any": "thing"}}'
    label = '{"id":"a","ts":1735689609000,"label":1}'
    early = '{"ts":1735689601000,"features":{}}'
    events = read(file(tmp_path, f"{label}\n\n{late}\r\n{early}", "h.jsonl"))
    assert [event.value.decode() for event in events] == [early, late, label]
    assert [event.key for event in events] == [None, b"a", b"a"]


def test_labels_without_a_time_are_known_at_once_but_after_their_sample(tmp_path: Path) -> None:
    text = "id,ts,price,pieces,kind,gift,label\na,1735689601000,,,,,true\n"
    assert [(event.kind, event.time) for event in read(file(tmp_path, text))] == [
        ("sample", 1735689601000),
        ("label", 1735689601000),
    ]


def test_a_table_without_labels_needs_no_id(tmp_path: Path) -> None:
    assert [event.key for event in read(file(tmp_path, "ts,price,pieces,kind,gift\n1735689601000,1,,,\n"))] == [None]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("d,2025-01-01T00:00:05Z,cheap,,,,,", "line 5, column price: 'cheap' is not a number"),
        ("d,2025-01-01T00:00:05Z,inf,,,,,", "line 5, column price: the number is infinite"),
        ("d,2025-01-01T00:00:05Z,,1.5,,,,", "line 5, column pieces: 1.5 is not a whole number"),
        ("d,2025-01-01T00:00:05Z,,,,maybe,,", "line 5, column gift: 'maybe' is not true or false"),
        ("d,yesterday,,,,,,", "line 5, column ts: 'yesterday' is neither ISO 8601 nor epoch milliseconds"),
        ("d,,,,,,,", "line 5, column ts: the event time is missing"),
        ("d,2025-01-01T00:00:05Z,,,,,2,2025-01-01T00:00:06Z", "line 5, column label: a label is 0, 1 or empty"),
        ("d,2025-01-01T00:00:05Z,,,,,1,", "line 5, column label_ts: a label needs the time"),
        (",2025-01-01T00:00:05Z,,,,,1,2025-01-01T00:00:06Z", "line 5, column id: a row with a label needs an id"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, row: str, said: str) -> None:
    path = file(tmp_path, GOOD + row + "\n")
    assert refusal(path).startswith(f"{path}, {said}")


def test_the_line_is_right_after_blank_lines_and_line_breaks_in_quotes(tmp_path: Path) -> None:
    path = file(tmp_path, GOOD + '\ne,1735689601000,,,"two\nlines",,,\nd,1735689601000,cheap,,,,,\n')
    assert "line 8, column price" in refusal(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("price", "cost"), "column price missing and column cost not in the declaration"),
        ("ts,price,pieces,kind,gift,label\n1735689601000,,,,,1\n", "column id missing"),
        (GOOD.replace("gift", "kind"), "the column name 'kind' stands there twice"),
        (GOOD + "d,1\n", "Expected 8 columns, got 2"),
        ("", "empty; the first line must name the columns"),
    ],
)
def test_a_table_of_another_shape_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = file(tmp_path, text)
    assert refusal(path).startswith(str(path))
    assert said in refusal(path)


def test_a_column_is_left_out_on_request(tmp_path: Path) -> None:
    path = file(tmp_path, "".join(f"{more},{line}\n" for more, line in zip("m123", GOOD.splitlines(), strict=True)))
    assert "--ignore" in refusal(path)
    assert len(read(path, Roles(ignored=frozenset({"m"})))) == 5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Input data was truncated"),
        ("[1]", "Expected `object`, got `array`"),
        ('{"id":"a","ts":1}', "a line is a sample with `features`, or a label with `label`"),
        ('{"id":"a","features":{}}', "`ts` is missing"),
        ('{"id":"a","ts":"noon","features":{}}', "`ts` 'noon' is neither ISO 8601"),
        ('{"ts":1,"label":1}', "a label needs the `id`"),
    ],
)
def test_a_line_that_cannot_be_placed_in_time_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = file(tmp_path, f'{{"id":"ok","ts":1735689601000,"features":{{}}}}\n{line}\n', "h.jsonl")
    assert refusal(path).startswith(f"{path}, line 2: ")
    assert said in refusal(path)


def test_a_file_that_changes_while_it_is_sent_is_an_error(tmp_path: Path) -> None:
    path = file(tmp_path, '{"id":"a","ts":1735689601000,"features":{}}\n', "h.jsonl")
    timeline = Timeline(tracks([str(path)], DECLARATION))
    path.write_bytes(b"")
    with pytest.raises(Refused, match="was changed"):
        list(timeline.chunks())


@pytest.mark.parametrize("name", ["missing.csv", "missing.jsonl", "missing.parquet", "history.xlsx"])
def test_a_file_that_is_not_there_or_of_another_format_is_refused(tmp_path: Path, name: str) -> None:
    assert str(tmp_path / name) in refusal(tmp_path / name)


def test_broken_packings_are_refused(tmp_path: Path) -> None:
    for name in ("h.csv.gz", "h.csv.zip", "h.parquet"):
        path = file(tmp_path, "not packed at all", name)
        assert refusal(path).startswith(str(path))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", GOOD)
        archive.writestr("b.csv", GOOD)
    assert "holds 2 files" in refusal(tmp_path / "two.zip")


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(GOOD.encode() + b"d,1735689601000,,,\xff\xfe,,,\n")
    assert refusal(path).startswith(str(path))


def test_another_event_time_is_used_in_samples_only(tmp_path: Path) -> None:
    declared = parse(b'[stream]\nname = "s"\nevent_time = "at"\n[features.x]\nkind = "number"\n', "s.toml")
    events = read(file(tmp_path, "id,at,x,label\na,1735689601000,1,0\n"), declaration=declared)
    assert [sorted(msgspec.json.decode(event.value)) for event in events] == [
        ["at", "features", "id"],
        ["id", "label", "ts"],
    ]
    lines = b"\n".join(event.value for event in events).decode()
    assert read(file(tmp_path, lines, "h.jsonl"), declaration=declared) == events


def test_numbers_survive_the_way_through_json(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=200)
    rows = "".join(f"{row},{1735689600000 + row},{number!r},,,,,\n" for row, number in enumerate(numbers.tolist()))
    events = read(file(tmp_path, HEADER + rows))
    assert [msgspec.json.decode(event.value)["features"]["price"] for event in events] == numbers.tolist()
