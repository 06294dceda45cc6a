"""Verdicts are a function of the counted samples: not of partitions, order, or repetition of rows."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.messages import DriftEvent, DriftRow
from schemas.moments import nothing, pack
from schemas.sketch import Sketch, SketchRow
from streams.judge import Judge
from streams.verdict import Judged
from support.models import MINUTE, declaration
from support.sketches import COUNTERS, PANES, rows


def judge(given: list[SketchRow]) -> list[Judged]:
    judge = Judge(declaration())
    found: list[Judged] = []
    for row in given:
        judge.fold(row)
        found += judge.verdicts(COUNTERS)
    return found


def verdicts(judged: list[Judged]) -> list[DriftRow]:
    return [row for one in judged for row in one.rows]


def events(judged: list[Judged]) -> list[DriftEvent]:
    return [event for j in judged for event in j.events]


def test_partitioning_does_not_matter() -> None:
    one, three = judge(rows(6, [0])), judge(rows(6, [0, 1, 2]))

    assert verdicts(one) == verdicts(three)
    assert events(one) == events(three)
    assert len(one) == PANES


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(chance: random.Random) -> None:
    given = rows(6, [0, 1, 2])
    mixed = [*given, *chance.sample(given, 10)]
    # partitions advance on their own; within one, panes come in order
    mixed.sort(key=lambda row: (row.partition * chance.random(), row.pane_start))
    by_partition: dict[int, list[SketchRow]] = {p: [r for r in mixed if r.partition == p] for p in range(3)}
    for of_one in by_partition.values():
        of_one.sort(key=lambda row: row.pane_start)
    merged = []
    while any(by_partition.values()):
        merged.append(by_partition[chance.choice([p for p, left in by_partition.items() if left])].pop(0))

    assert verdicts(judge(merged)) == verdicts(judge(given))
    assert events(judge(merged)) == events(judge(given))


def test_a_shift_opens_one_incident_that_names_what_moved() -> None:
    found = events(judge(rows(6, [0, 1, 2])))

    assert found[0].kind == "opened"
    assert found[0].event_time == 8 * MINUTE  # two panes in a row that share no sample
    assert {shift.feature for shift in found[0].shifts} == {"x", "(score)"}
    assert "x (over 1 minute: 31 % of the values outside the range seen before)" in found[0].sentence
    assert len({event.incident for event in found}) == 1


def test_nothing_moves_nothing_is_said() -> None:
    assert events(judge(rows(PANES, [0, 1, 2]))) == []


def test_a_new_version_closes_the_incident_of_the_old() -> None:
    found = events(judge(rows(6, [0, 1, 2], version_2_from=10)))

    assert [(event.kind, event.version) for event in found][:2] == [("opened", 1), ("closed", 1)]
    assert "version 2" in found[1].sentence


def test_too_few_samples_are_insufficient() -> None:
    given = [row for row in rows(0, [0, 1, 2]) if row.pane_start == 0 and row.partition == 0]
    judge = Judge(declaration())
    for row in given:
        judge.fold(row)
    for partition in (1, 2):
        judge.fold(SketchRow(partition=partition, version=0, pane_start=0, reach=0, closed=0, idle=True))
    enough = {r.verdict for j in judge.verdicts(COUNTERS) for r in j.rows}

    assert "insufficient" not in enough  # twenty samples are the least that this declaration asks for
    smaller = Judge(declaration())
    counts = np.zeros(COUNTERS[1].size, np.int64)
    counts[0] = 19
    sums = pack(nothing(4))
    smaller.fold(
        SketchRow(partition=0, version=1, pane_start=0, reach=0, closed=MINUTE, counts=counts.tobytes(), sums=sums)
    )
    for partition in (1, 2):
        smaller.fold(SketchRow(partition=partition, version=0, pane_start=0, reach=0, closed=0, idle=True))
    few: list[DriftRow] = [r for j in smaller.verdicts(COUNTERS) for r in j.rows]
    assert {r.verdict for r in few} == {"insufficient"}


def test_a_partition_that_lags_holds_the_verdict_up_and_an_idle_one_does_not() -> None:
    judge = Judge(declaration())
    for row in rows(6, [0, 1, 2]):
        if row.partition != 2:
            judge.fold(row)

    assert list(judge.verdicts(COUNTERS)) == []
    judge.fold(SketchRow(partition=2, version=0, pane_start=0, reach=0, closed=0, idle=True))
    assert len(list(judge.verdicts(COUNTERS))) == PANES


def idle(partition: int) -> SketchRow:
    return SketchRow(partition=partition, version=0, pane_start=0, reach=0, closed=0, idle=True)


def test_when_one_partition_wakes_the_others_are_waited_for_until_they_speak() -> None:
    judge = Judge(declaration())
    stream = rows(6, [0, 1, 2])
    for row in [*stream[:9], idle(0), idle(1), idle(2)]:
        judge.fold(row)
    assert len(list(judge.verdicts(COUNTERS))) == 3

    later = {row.partition: row for row in stream if row.pane_start == 3 * MINUTE}
    judge.fold(later[0])
    assert list(judge.verdicts(COUNTERS)) == []
    judge.fold(later[1])
    judge.fold(idle(2))
    (found,) = judge.verdicts(COUNTERS)

    assert {row.n for row in found.rows if row.window == 1} == {40}


@given(st.lists(st.integers(0, 3 * PANES + 6)), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_verdicts_do_not_depend_on_how_rows_are_read(cuts: list[int], silent: list[int]) -> None:
    stream = rows(6, [0, 1, 2])
    for place, partition in enumerate(silent):
        stream.insert(7 * place, idle(partition))
    parts = Judge(declaration())
    found: list[Judged] = []
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        for row in stream[start:stop]:
            parts.fold(row)
        found += parts.verdicts(COUNTERS)

    assert found == judge(stream)


def test_what_nobody_watches_is_not_judged() -> None:
    given = declaration()
    judge = Judge(replace(given, features=given.features | {"x": replace(given.features["x"], watch=False)}))
    for row in rows(6, [0, 1, 2]):
        judge.fold(row)

    assert {r.feature for j in judge.verdicts(COUNTERS) for r in j.rows} == {"color", "open", "(score)"}


def test_a_pane_of_an_unknown_version_waits() -> None:
    judge = Judge(declaration())
    for row in rows(6, [0, 1, 2], version_2_from=10):
        judge.fold(row)

    assert len(list(judge.verdicts({1: COUNTERS[1]}))) == 10
    assert len(list(judge.verdicts(COUNTERS))) == PANES - 10


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=5), st.randoms())
def test_counts_merge_exactly_in_any_order(parts: list[list[int]], chance: random.Random) -> None:
    def total(order: list[list[int]]) -> list[int]:
        merged = Sketch.empty(4, 1, "r")
        for part in order:
            merged = merged.merge(Sketch(np.array(part), nothing(1), "r"))
        found: list[int] = merged.counts.tolist()
        return found

    shuffled = chance.sample(parts, len(parts))

    assert total(parts) == total(shuffled) == np.sum(parts, axis=0).tolist()
