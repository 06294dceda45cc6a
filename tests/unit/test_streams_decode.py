"""Every record is either decoded or put aside with a reason."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import Reason
from streams.decode import Batch, Decoder
from support.models import declaration
from support.records import sample

GOOD = sample(1000, "a")


def decode(*values: bytes | None) -> Batch:
    return Decoder(declaration())(2, list(range(len(values))), [7] * len(values), values)


def test_good_record() -> None:
    batch = decode(GOOD)

    assert batch.ids == ["a"]
    assert batch.times.tolist() == [1000]
    assert batch.numbers.tolist() == [[0.5, 1.0]]
    assert batch.texts == [("red",)]


def test_place_and_kafka_time_stand_in_for_id_and_event_time() -> None:
    value = json.loads(GOOD)
    del value["id"], value["ts"]

    batch = decode(None, json.dumps(value).encode())

    assert batch.ids == ["2-1"]
    assert batch.times.tolist() == [7]


def test_null_and_absent_are_missing_where_a_feature_is_not_required() -> None:
    absent = json.loads(GOOD)
    del absent["features"]["x"]

    batch = decode(sample(0, "a", x=None), json.dumps(absent).encode())

    assert [str(row[0]) for row in batch.numbers] == ["nan", "nan"]


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (None, Reason.EMPTY, ""),
        (b"", Reason.EMPTY, ""),
        (b"{", Reason.NOT_JSON, ""),
        (b"\xff\xfe", Reason.NOT_UTF8, "byte 0"),
        (b"[]", Reason.NOT_AN_OBJECT, "a list"),
        (b"{}", Reason.MISSING_FIELD, "features"),
        (b" " * 1_000_001, Reason.TOO_LARGE, "1000001"),
        (b'{"a":' * 50_000, Reason.NOT_JSON, ""),
        (GOOD + b"x", Reason.NOT_JSON, ""),
        (GOOD.replace(b'"red"', b'"\\ud800"'), Reason.NOT_JSON, ""),
        (GOOD.replace(b'"a"', b"7"), Reason.BAD_ID, ""),
        (sample(0, "a\0b"), Reason.BAD_ID, "NUL"),
        (sample(0, "a" * 201), Reason.BAD_ID, "200"),
        (sample(0, more=1), Reason.UNKNOWN_FIELD, "features.more"),
        (GOOD.replace(b'"id"', b'"ident"'), Reason.UNKNOWN_FIELD, "ident"),
        (sample(0, color=None), Reason.WRONG_TYPE, "features.color"),
        (sample(0, x="1"), Reason.WRONG_TYPE, "features.x"),
        (sample(0, x=True), Reason.WRONG_TYPE, "features.x"),
        (sample(0, open=1), Reason.WRONG_TYPE, "features.open"),
        (sample(0, x=float("nan")), Reason.NOT_FINITE, "features.x"),
        (sample(0, x=float("-inf")), Reason.NOT_FINITE, "features.x"),
        (GOOD.replace(b"0.5", b"1e999"), Reason.NOT_FINITE, "features.x"),
        (sample(0, x=10**400), Reason.OUT_OF_RANGE, "features.x"),
        (sample(0, x=100.5), Reason.OUT_OF_RANGE, "features.x: 100.5 is not within -100 to 100"),
        (sample(0, color="r" * 201), Reason.OUT_OF_RANGE, "features.color"),
        (GOOD.replace(b"1000", b'"yesterday"'), Reason.BAD_TIMESTAMP, "yesterday"),
        (GOOD.replace(b"1000", b"1e3"), Reason.BAD_TIMESTAMP, ""),
        (GOOD.replace(b"1000", b"9" * 40), Reason.BAD_TIMESTAMP, ""),
        (GOOD.replace(b"1000", b"9" * 5_000), Reason.BAD_TIMESTAMP, "999"),
        (GOOD.replace(b"1000", b"[[1]]"), Reason.BAD_TIMESTAMP, "not a list"),
        (GOOD.replace(b"0.5", b"9" * 5_000), Reason.OUT_OF_RANGE, "beyond 1.79769e+308"),
        (GOOD.replace(b"0.5", b"1" * 20).replace(b'"red"', b"7"), Reason.WRONG_TYPE, "features.color"),
        (GOOD.replace(b'"x"', b'"x": "?", "x"'), Reason.NOT_JSON, "'x' stands twice"),
        (GOOD.replace(b'"id"', b'"id": 7, "id"'), Reason.NOT_JSON, "'id' stands twice"),
        (GOOD.replace(b"0.5", b"[" * 50_000 + b"]" * 50_000), Reason.NOT_JSON, "nested too deeply"),
    ],
)
def test_bad_record_has_its_reason(value: bytes | None, reason: Reason, detail: str) -> None:
    batch = decode(GOOD, value, sample(0, "b"))

    assert batch.ids == ["a", "b"]
    assert [(aside.index, aside.reason) for aside in batch.aside] == [(1, reason)]
    assert detail in batch.aside[0].detail


@pytest.mark.parametrize("value", [b"1000", b'"a"', b"0.5", b'"red"', b"true"])
@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_no_depth_of_nesting_raises(value: bytes, start: bytes, end: bytes) -> None:
    """Two decoders give up at depths of their own, and which depends on how deep the caller is."""
    assert value in GOOD
    deep = [GOOD.replace(value, start * depth + b"1" + end * depth) for depth in range(850, 1_050)]

    assert len(decode(*deep).aside) == len(deep)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
near_samples = st.fixed_dictionaries(
    {"features": st.fixed_dictionaries({"x": anything, "color": anything, "open": anything})},
    optional={"id": anything, "ts": anything, "other": anything},
)


@given(st.lists(st.binary(max_size=40) | (anything | near_samples).map(lambda v: json.dumps(v).encode()), max_size=8))
def test_nothing_is_lost_and_nothing_raises(values: list[bytes]) -> None:
    batch = decode(*values)

    assert sorted([*batch.index.tolist(), *(aside.index for aside in batch.aside)]) == list(range(len(values)))
