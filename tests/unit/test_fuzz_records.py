"""What the fuzz run stands on: its records are a function of the seed, and the stage takes every one of them."""

from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import mutate
from fuzz.corpus import Corpus, corpus
from fuzz.records import block
from fuzz.samples import Samples
from fuzz.stream import Model, contract, declaration
from fuzz.strict import is_json
from schemas.frame import Frame
from schemas.messages import ModelRef
from schemas.position import Position
from streams.recent import RecentIds
from streams.score import Output, Partition, Scorer, Serving, Stage

NOW = 1_735_700_000_000
REF = ModelRef(version=1, run_id="", model_sha256="", contract_sha256="", trained_until=0)
SERVING = Serving(Scorer(declaration(), Model(REF, contract())))
STAGE = Stage(declaration())


@cache
def drawn(seed: int) -> Corpus:
    return corpus(declaration().features, seed, 100)


def take(values: list[bytes | None], stamp: int = NOW) -> tuple[Output, Position]:
    state, places = Partition(0, Position(), RecentIds()), list(range(len(values)))
    frame = Frame(0, 0, 0, places, [stamp] * len(values), [None] * len(values), values)
    return STAGE.apply(state, frame, SERVING), state.position


def test_a_seed_gives_the_same_records_again() -> None:
    again = corpus(declaration().features, 1, 100)
    make, same = (Samples(one, 1_000, NOW) for one in (drawn(1), again))

    assert block(make, 1, 7) == block(same, 1, 7)
    assert block(make, 1, 7) != block(make, 2, 7)


@settings(max_examples=15)
@given(st.integers(0, 3), st.integers(5, 10**6))
def test_each_record_of_any_block_is_in_one_place(seed: int, number: int) -> None:
    values = [record.value for record in block(Samples(drawn(1), 2_000, NOW), seed, number)]

    output, position = take(values)

    assert len(output.predictions) == position.scored
    assert len(output.rejected) == position.rejected
    assert position.received == len(values) == position.scored + position.rejected + position.duplicates


@given(st.lists(st.none() | st.binary(max_size=80), min_size=1, max_size=8))
def test_any_bytes_are_taken(values: list[bytes | None]) -> None:
    _, position = take(values)

    assert position.received == len(values) == position.scored + position.rejected + position.duplicates


@pytest.mark.parametrize("name", mutate.ALL)
def test_each_mutation_breaks_some_samples(name: str) -> None:
    rng, make = Random(1), Samples(drawn(1), 1_000, NOW)

    output, _ = take([mutate.ALL[name](rng, make.valid(rng, i)) for i in range(200)])

    assert output.rejected


@pytest.mark.parametrize(
    "value", [b"NaN", b'{"a":1,"a":2}', b'"\\ud800"', b"\xff", b"[" * 9_999, b"[" * 900 + b"]" * 900, b"{", b"01"]
)
def test_what_is_not_strict_json(value: bytes) -> None:
    assert not is_json(value)


@pytest.mark.parametrize("value", [b"{}", b'{"a":{"a":1}}', b'"\\ud83d\\ude00"', b"9" * 9_999, b"[[1]]"])
def test_what_is_strict_json(value: bytes) -> None:
    assert is_json(value)
