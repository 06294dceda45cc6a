"""Partitions added to a stream: what is widened, in which order, and what is refused."""

import pytest

from infra.partitions import room, wider
from schemas.errors import Refused
from schemas.topics import TABLE, specification
from support.models import declaration


def test_topics_are_widened_alike_and_samples_last() -> None:
    there = {name: count for name, count, _ in (specification(row, declaration(3)) for row in TABLE)}

    found = wider(there, declaration(5))

    assert wider(there, declaration(3)) == []
    assert dict(found) == {f"toy.{row.name}": 5 for row in TABLE if row.partitions == "source"}
    assert found[-1] == ("toy.samples", 5)


def test_what_was_widened_in_part_is_finished() -> None:
    assert wider({"toy.samples": 5, "toy.frames": 3, "toy.drift": 1}, declaration(5)) == [("toy.frames", 5)]


def test_partitions_cannot_be_taken_away() -> None:
    with pytest.raises(Refused, match=r"Set \[stream\] partitions to 5"):
        wider({"toy.samples": 5}, declaration(3))


def test_room_is_waited_for() -> None:
    answers = [3, 3, 5]
    waited: list[float] = []

    room("s", 5, "f", lambda: answers.pop(0), waited.append)

    assert (answers, len(waited)) == ([], 2)
    with pytest.raises(Refused, match="Nothing is lost"):
        room("s", 5, "f", lambda: 3, waited.append)
