"""What was known when: labels that come late, twice, early or for nobody, whatever the order of reading."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.retrainer.history import History
from consumers.retrainer.rows import Labelled, Scored
from consumers.training.dataset import codes
from schemas.errors import Refused
from support.labelled import declaration

Sample = tuple[int, int, int, str, str | None]
"""Partition, offset, event time, id, color."""
Label = tuple[int, int, int, str, int]
"""Partition, offset, since when it is known, id, label."""


def scored(samples: list[Sample]) -> Scored:
    color, values = codes([sample[4] for sample in samples])
    rows = np.column_stack([np.arange(len(samples)), np.zeros(len(samples)), color, np.ones(len(samples))])
    rows[:, 0] = [sample[0] * 1000 + sample[1] for sample in samples]
    places = np.array([sample[:3] for sample in samples], dtype=np.int64).reshape(-1, 3)
    return Scored(
        places, [sample[3].encode() for sample in samples], rows.reshape(-1, 4), {"color": values}, rows[:, 0]
    )


def labelled(labels: list[Label]) -> Labelled:
    places = np.array([label[:3] for label in labels], dtype=np.int64).reshape(-1, 3)
    ids = [label[3].encode() for label in labels]
    return Labelled(places, ids, np.array([label[4] for label in labels], dtype=np.int64))


def history(samples: list[Sample], labels: list[Label]) -> History:
    found = History(declaration())
    found.take_samples(scored(samples))
    found.take_labels(labelled(labels))
    return found


ids = st.sampled_from("abcdefg")
times = st.integers(0, 50)
some_samples = st.lists(st.tuples(st.integers(0, 1), times, ids, st.sampled_from([None, "red", "blue"])), max_size=12)
some_labels = st.lists(st.tuples(times, ids, st.integers(0, 1)), max_size=12)


@given(some_samples, some_labels, st.integers(0, 12), st.integers(0, 12), st.integers(0, 60))
def test_pieces_in_any_cut_give_what_the_rows_say(
    drawn: list[tuple[int, int, str, str | None]],
    marks: list[tuple[int, str, int]],
    first: int,
    second: int,
    as_of: int,
) -> None:
    samples: list[Sample] = [(p, i, time, name, color) for i, (p, time, name, color) in enumerate(drawn)]
    labels: list[Label] = [(0, i, time, name, value) for i, (time, name, value) in enumerate(marks)]
    cut = History(declaration())
    for part in (samples[:first], samples[first:]):
        cut.take_samples(scored(part))
    for piece in (labels[:second], labels[second:]):
        cut.take_labels(labelled(piece))
    expected = by_hand(samples, labels, as_of)
    assert len(cut.answered(as_of)[0]) == len(expected)
    if not expected:
        with pytest.raises(Refused, match="No labelled sample"):
            cut.known(as_of)
        return
    found, whole = cut.known(as_of), history(samples, labels).known(as_of)
    assert found.digest == whole.digest
    colors = [None if np.isnan(code) else found.values["color"][int(code)] for code in found.rows[:, 2]]
    places = found.rows[:, 0].astype(int).tolist()
    rows = zip(found.times.tolist(), places, colors, found.labels.tolist(), found.known.tolist(), strict=True)
    assert list(rows) == expected


def by_hand(samples: list[Sample], labels: list[Label], as_of: int) -> list[tuple[int, int, str | None, int, int]]:
    """Time, place, color, label and since when, of each id once, in order."""
    firsts: dict[str, Sample] = {}
    for sample in sorted(samples, key=lambda one: (one[2], one[0], one[1])):
        if sample[2] < as_of:
            firsts.setdefault(sample[3], sample)
    found = []
    for name, (partition, offset, time, _, color) in firsts.items():
        said = [label for label in labels if label[3] == name and label[2] <= as_of]
        if said:
            last = max(said, key=lambda one: (one[2], one[1]))
            found.append((time, partition * 1000 + offset, color, last[4], last[2]))
    return found


def test_a_corrected_label_counts_from_when_it_was_corrected() -> None:
    found = history([(0, 0, 10, "a", "red")], [(0, 0, 20, "a", 0), (0, 1, 30, "a", 1)])
    assert found.known(29).labels.tolist() == [0]
    assert found.known(30).labels.tolist() == [1]


def test_a_label_that_came_before_its_sample_is_joined() -> None:
    found = History(declaration())
    found.take_labels(labelled([(0, 0, 5, "a", 1)]))
    found.take_samples(scored([(0, 0, 10, "a", None)]))
    assert found.known(11).labels.tolist() == [1]


def test_a_sample_is_not_known_at_its_own_time() -> None:
    found = history([(0, 0, 10, "a", None), (0, 1, 11, "b", None)], [(0, 0, 5, "a", 1), (0, 1, 5, "b", 0)])
    assert found.known(11).times.tolist() == [10]
