"""Samples counted again are what was counted live; references under other settings are what training would make."""

import random
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from infra import kafka, offsets
from infra.settings import Settings
from schemas.errors import Refused
from schemas.messages import ModelRef, Served
from schemas.reference import SCORE
from schemas.sketch import SketchRow
from schemas.topics import Topics
from streams.hindsight import again, rejudge
from streams.hindsight import recut as module
from streams.hindsight.again import cells, references
from streams.hindsight.recount import Recount
from streams.hindsight.recut import recut
from streams.judge import Judge
from streams.score import Scorer, Serving
from support import labelled, segmented
from support.labelled import DAY
from support.models import MINUTE, Logistic, declaration, scorer
from support.records import Stored, log, sample

SCORERS = {version: scorer(version) for version in (1, 2)}
COUNTERS = {version: one.counter for version, one in SCORERS.items()}


def serving(said: Served) -> Serving:
    return Serving(SCORERS[said.version])


def served(partition: int, version: int = 1, start: int = 0) -> Served:
    return Served(worker="w", partition=partition, version=version, model_sha256="", from_offset=start, at=0)


def stream(partitions: int, seed: int = 0) -> dict[int, list[Stored]]:
    """Ten minutes of sixty samples each, dealt to partitions at random; x moves after five."""
    chance = random.Random(seed)
    dealt: dict[int, list[bytes | None]] = {number: [] for number in range(partitions)}
    for at in range(600):
        text = sample(at * 1000, f"id-{at}", x=(at % 61 - 30) / 10 + 2 * (at >= 300), color="red" if at % 3 else "blue")
        dealt[chance.randrange(partitions)].append(text)
    return {number: log(values, stamp=0) for number, values in dealt.items()}


def recounted(records: dict[int, list[Stored]], said: list[Served]) -> tuple[list[SketchRow], Recount]:
    work = Recount(declaration(len(records)), serving)
    return list(work.rows(said, records.__getitem__)), work


@settings(max_examples=10)
@given(st.integers(1, 4), st.integers(0, 99))
def test_verdicts_on_samples_counted_again_do_not_depend_on_partitions(partitions: int, seed: int) -> None:
    def verdicts(records: dict[int, list[Stored]]) -> list[bytes]:
        rows, work = recounted(records, [served(number) for number in records])
        assert (work.samples, work.gone) == (600, 0)
        found = rejudge.past(declaration(len(records)), rows, COUNTERS)
        judged = rejudge.judged(declaration(), found)
        return [msgspec.json.encode([one.rows, one.events]) for one in judged]

    one, many = verdicts(stream(1)), verdicts(stream(partitions, seed))

    assert len(one) >= 9  # the last one stays open
    assert one[: len(many)] == many
    assert len(many) >= 8


def test_each_stretch_is_counted_by_the_version_that_scored_it_and_what_is_gone_is_counted() -> None:
    records = {0: stream(1)[0][120:]}

    rows, work = recounted(records, [served(0, 1), served(0, 2, 360)])

    versions = {row.pane_start // MINUTE: row.version for row in rows if not row.idle}
    assert versions == {minute: 1 if minute < 6 else 2 for minute in range(2, 9)}
    assert (work.gone, work.samples) == (120, 480)
    with pytest.raises(Refused, match="does not tell which version scored"):
        recounted(records, [served(0, 2, 360)])


def test_a_partition_without_samples_holds_no_verdict_up() -> None:
    rows, _ = recounted({0: stream(1)[0], 1: []}, [served(0), served(1)])
    judge = Judge(declaration(2))
    for row in rows:
        judge.fold(row)

    assert len(list(judge.verdicts(COUNTERS))) == 9


def history() -> tuple[labelled.Rows, dict[int, Iterable[Stored]]]:
    """Rows of the past, as records of two partitions."""
    found = labelled.rows(segmented.DAYS, turn=segmented.DAYS, per_day=segmented.PER_DAY)
    texts = [
        msgspec.json.encode({"ts": int(at), "features": msgspec.Raw(found.features(row))})
        for row, at in enumerate(found.times)
    ]
    return found, {number: log(texts[number::2], stamp=segmented.DAYS * DAY) for number in (0, 1)}


def test_a_reference_made_of_samples_is_the_one_that_training_would_make() -> None:
    plain, asked = segmented.declaration(), segmented.declaration("color", reference="14d", season="none")
    data = segmented.history(plain)
    made = msgspec.structs.replace(segmented.contract(plain, data), trained_until=segmented.DAYS * DAY)
    wished = segmented.contract(asked, segmented.history(asked))
    ref = ModelRef(version=3, run_id="", model_sha256="", contract_sha256="", trained_until=0)
    records = history()[1]
    young = msgspec.structs.replace(ref, version=4)
    unknown = Logistic(young, msgspec.structs.replace(made, trained_until=0))

    found, sizes = recut(asked, [Logistic(ref, made), unknown], records.__getitem__)

    assert found.keys() == {3}
    assert sizes[4] == 0
    theirs = {one.column: one for one in wished.reference if one.feature != SCORE}
    ours = {one.column: one for one in found[3].contract.reference if one.feature != SCORE}
    assert ours.keys() == theirs.keys()
    assert sizes[3] == sum(ours["x"].counts)
    inside = data.times >= (segmented.DAYS - 14) * DAY  # training knows those labelled an hour later
    assert 0 <= sizes[3] - int(inside.sum()) < 60
    for name, cells_ in ours.items():
        assert cells_.kind == theirs[name].kind
        assert (cells_.rhythm is None) == (theirs[name].rhythm is None)
        assert abs(cells_.n - theirs[name].n) < 60
    score = next(one for one in found[3].contract.reference if one.feature == SCORE)
    assert score == next(one for one in made.reference if one.feature == SCORE)
    assert Scorer(asked, found[3]).counter.reference != Scorer(plain, Logistic(ref, made)).counter.reference


def test_of_too_many_samples_every_second_one_makes_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, asked = segmented.declaration(), segmented.declaration(season="none")
    made = msgspec.structs.replace(
        segmented.contract(plain, segmented.history(plain)), trained_until=segmented.DAYS * DAY
    )
    ref = ModelRef(version=3, run_id="", model_sha256="", contract_sha256="", trained_until=0)
    monkeypatch.setattr(module, "MOST", 5_000)
    monkeypatch.setattr(module, "SIZE", 700)

    found, sizes = recut(asked, [Logistic(ref, made)], history()[1].__getitem__)

    x = found[3].contract.reference[0]
    assert sizes[3] == segmented.DAYS * segmented.PER_DAY
    assert sizes[3] / 4 - 10 <= sum(x.counts) <= 5_000
    assert x.mean == pytest.approx(made.reference[0].mean, abs=0.05)


def test_which_settings_ask_for_other_cells_and_what_is_said_of_them() -> None:
    plain = segmented.declaration()
    assert cells(plain) == cells(segmented.declaration(tolerance=0.3))
    for other in (
        segmented.declaration("color"),
        segmented.declaration(season="1d"),
        segmented.declaration(reference="7d"),
    ):
        assert cells(other) != cells(plain)

    said = references(plain, {1: 7, 2: 50_102}, {2})
    assert said[0].startswith("References made of the samples of 28d before each version: version 2 50,102.")
    assert said[1].startswith("Missing: what version 1 (7) scored; ")
    assert references(plain, {}, {1}) == []


def test_panes_of_a_version_come_in_order() -> None:
    rows, _ = recounted(stream(3), [served(number) for number in range(3)])

    for _, mine in groupby((row for row in rows if not row.idle), key=lambda row: row.partition):
        starts = [row.pane_start for row in mine]
        assert starts == sorted(set(starts))
    assert np.isfinite([row.closed for row in rows]).all()


@pytest.mark.parametrize("segments", [(), ("color",)])
def test_what_is_counted_again_comes_with_its_counters_and_says_so(
    segments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    topics, dealt = Topics("toy"), stream(3)
    said = log([msgspec.json.encode(served(number)) for number in range(3)])
    kept = {topics.served: {0: said}, topics.samples: dealt}
    monkeypatch.setattr(kafka, "bounds", lambda *_: (0, 1))
    monkeypatch.setattr(kafka, "read", lambda *asked: iter(kept[asked[1]][asked[2]]))
    monkeypatch.setattr(offsets, "ends", lambda *_: {number: (0, len(one)) for number, one in dealt.items()})
    monkeypatch.setattr(again, "Registry", lambda *_: None)
    monkeypatch.setattr(again, "Versions", lambda *_: serving)
    where = Settings(kafka="k", postgres="p", mlflow="m", home=tmp_path)
    plain = declaration(3)

    found = again.again(where, plain, replace(plain, stream=replace(plain.stream, segments=segments)))

    assert found.told[0].startswith("Counted again from samples: 600 in ")
    if segments:  # the version is older than every sample
        assert "Missing: what version 1 (0) scored" in found.told[-1]
        assert (found.counters, [row for row in found.rows if not row.idle]) == ({}, [])
    else:
        assert len(found.told) == 1
        assert len(rejudge.past(plain, found.rows, found.counters)) >= 8
