"""Messages become rows; what cannot is put aside and stops nothing."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from consumers.warehouse import tables
from consumers.warehouse.sort import routes, sort
from infra.postgres.migration import Migration, packaged, pending
from schemas import messages, reasons
from schemas.errors import Refused
from schemas.reasons import Reason


@dataclass
class Record:
    """A message as the client gives it."""

    name: str
    content: bytes | None
    place: int = 7
    notes: list[tuple[str, bytes]] = field(default_factory=list)

    def topic(self) -> str:
        return f"toy.{self.name}"

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return self.place

    def key(self) -> bytes | None:
        return b"key"

    def value(self) -> bytes | None:
        return self.content

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_000

    def headers(self) -> list[tuple[str, bytes]] | None:
        return self.notes or None


def rows(*records: Any) -> dict[str, list[tuple[Any, ...]]]:
    return {name: found.rows for name, found in sort(records, routes("toy")).items()}


def test_a_prediction_is_keyed_by_the_place_of_its_sample() -> None:
    value = (
        b'{"id":"a","ts":5,"score":0.5,"class":1,"version":3,"shadow":{"1":0.25},"source":[1,99],"features":{"x": 1}}'
    )
    assert rows(Record("predictions", value)) == {"predictions": [(1, 99, "a", 5, 3, 0.5, 1, '{"1":0.25}', '{"x": 1}')]}


def test_a_bad_label_is_left_to_the_evaluator() -> None:
    assert rows(Record("labels", b"junk"), Record("labels", b'{"id":"a","label":1}')) == {
        "labels": [(2, 7, "a", 1_000, 1)]
    }


def test_what_was_put_aside_keeps_its_source_and_bytes() -> None:
    notes = reasons.headers(Reason.NOT_JSON, "broken\0here", "toy.samples", 0, 12)
    assert rows(Record("rejected", b"\0\xff", notes=notes)) == {
        "rejected": [
            ("toy.samples", 0, 12, "not_json", "broken\N{REPLACEMENT CHARACTER}here", b"key", b"\0\xff", 1_000)
        ]
    }


def test_quality_of_nothing_is_unknown() -> None:
    it = messages.Performance(
        role="shadow", version=1, pane_start=0, pane_end=9, predictions=4, labelled=0, log_loss=0, brier=0,
        accuracy=0, label_lag_ms=0, watermark=3,
    )  # fmt: skip
    assert rows(Record("performance", messages.encode(it))) == {
        "performance": [("shadow", 1, 0, 9, 4, 0, None, None, None, None, 3)]
    }


def test_an_empty_message_of_a_compacted_topic_is_no_row() -> None:
    assert rows(Record("models", None), Record("performance", None)) == {}


@pytest.mark.parametrize("topic", sorted(routes("toy")))
@pytest.mark.parametrize("value", [b"junk", b"\xff\xfe", b"[" * 100_000, b"{}", b""])
def test_what_cannot_be_read_is_put_aside_at_its_own_place(topic: str, value: bytes) -> None:
    name = topic.removeprefix("toy.")
    found = rows(Record(name, value))
    if name == "labels":
        assert found == {}
    else:
        (row,) = found["rejected"]
        assert row[:3] == (topic, 2, 7)
        assert row[3] in (Reason.NOT_JSON, Reason.WRONG_TYPE)
        assert row[6] == value


def test_the_columns_of_every_table_are_those_of_its_migration() -> None:
    texts = [migration.text for migration in packaged()]
    for table in tables.ALL:
        if table.name != "late":
            body = "\n".join(texts).split(f"CREATE TABLE {table.name} (")[1].split("\n);")[0]
            names = [
                line.split()[0].strip('"')
                for line in body.strip().splitlines()
                if not line.strip().startswith("PRIMARY")
            ]
            for added in texts:
                if f"ALTER TABLE {table.name}\n" in added:
                    names += re.findall(r"ADD COLUMN (\w+)", added)
            assert ["stream", *table.columns] == names or table.name == "drift_events", table.name


def test_an_altered_a_missing_and_an_inserted_migration_are_refused() -> None:
    first, second = Migration("0001_a.sql", "SELECT 1"), Migration("0002_b.sql", "SELECT 2")
    assert pending((first, second), {first.name: first.digest}) == [second]
    assert pending((first, second), {first.name: first.digest, second.name: second.digest}) == []
    with pytest.raises(Refused, match=r"0001_a.sql was altered"):
        pending((first,), {first.name: "0" * 64})
    with pytest.raises(Refused, match=r"newer program \(0002_b.sql\)"):
        pending((first,), {first.name: first.digest, second.name: second.digest})
    with pytest.raises(Refused, match=r"0001_a.sql comes before 0002_b.sql"):
        pending((first, second), {second.name: second.digest})
