"""One sample told from its bytes to the decision that made its version serve, on real servers."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner

from infra import kafka, postgres, provisioning
from infra.cli.__main__ import app
from infra.cli.trace.found import Trace
from infra.embedded import Endpoints
from schemas.declaration import parse
from schemas.reasons import Reason, headers
from schemas.topics import Topics

DECLARATION = '[stream]\nname = "{name}"\npartitions = 2\n[features.level]\nkind = "number"\n'
HOUR = 3_600_000


class Bench:
    """A stream of its own."""

    def __init__(self, servers: Endpoints, home: Path) -> None:
        self.servers, self.topics = servers, Topics(f"trace{uuid4().hex[:8]}")
        provisioning.topics(servers.kafka, parse(DECLARATION.format(name=self.topics.stream).encode(), "test"))
        postgres.migrate(servers.postgres)
        named = {"KAFKA": servers.kafka, "POSTGRES": servers.postgres, "MLFLOW": servers.mlflow, "HOME": str(home)}
        self.environment = {"COLUMNS": "160", **{f"LEEWAY_{name}": value for name, value in named.items()}}

    def send(self, topic: str, value: bytes, aside: tuple[Reason, int] | None = None, key: bytes | None = None) -> None:
        client = kafka.producer(self.servers.kafka)
        given = headers(aside[0], "told why", self.topics.samples, 0, aside[1]) if aside else []
        client.produce(topic, value, key, partition=0, timestamp=HOUR, headers=[*given])
        assert client.flush(30) == 0

    def store(self, table: str, **row: object) -> None:
        values = {"stream": self.topics.stream} | row
        names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(["%s"] * len(values))
        with psycopg.connect(self.servers.postgres) as connection:
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})".encode(), list(values.values()))  # noqa: S608 - names of this test

    def ask(self, *words: str, code: int = 0) -> str:
        given = ["trace", *words, "--stream", self.topics.stream]
        result = CliRunner().invoke(app, given, env=self.environment)
        assert result.exit_code == code, result.output
        return result.output

    def trace(self, name: str) -> Trace:
        return msgspec.json.decode(self.ask(name, "--json"), type=Trace)


def moment(hours: float) -> datetime:
    return datetime.fromtimestamp(hours * 3600, UTC)


@pytest.fixture
def bench(servers: Endpoints, tmp_path: Path) -> Bench:
    found = Bench(servers, tmp_path)
    found.send(found.topics.samples, b'{"id": "one", "features": {"level": 1.5}}')
    found.send(found.topics.samples, b'{"id": "bad", "features": {"level": "x"}}')
    found.send(found.topics.samples, b'{"id": "old", "features": {"level": 2}}', key=b"k")
    for offset, name in ((0, "one"), (2, "old")):
        found.store("predictions", partition=0, offset=offset, id=name, ts=moment(1.5), version=2, score=0.25,
                    shadow='{"1": 0.5}', features='{"level": 1.5}', **{"class": 0})  # fmt: skip
    for offset, since, label in ((7, 2, 1), (8, 3, 0)):
        found.store("labels", partition=1, offset=offset, id="one", ts=moment(since), label=label)
    common = {"topic": found.topics.samples, "partition": 0, "detail": "told why", "at": moment(1)}
    found.store("rejected", offset=1, reason="wrong_type", value=b'{"id": "bad", "features": {}}', **common)
    found.store("late", offset=2, reason="late", value=b"{}", **common)
    found.store("performance", role="champion", version=2, pane_start=moment(1), pane_end=moment(2), predictions=9,
                labelled=4, log_loss=0.5, brier=0.1, accuracy=0.75, label_lag_ms=1, watermark=moment(2))  # fmt: skip
    for end, size, verdict in ((2, 1, "stable"), (3, 1, "drifted"), (3, 2, "drifted"), (4, 2, "drifted")):
        found.store("drift", version=2, pane_end=moment(end), window_panes=size, feature="level", n=9, m=9, effect=0.2,
                    p=0.1, psi=0.1, missing=0, verdict=verdict)  # fmt: skip
    for number, kind, time in ((1, "opened", 0.5), (2, "closed", 0.9), (3, "opened", 2), (4, "closed", 9)):
        found.store("drift_events", id=f"{found.topics.stream}:{number}", incident=f"i{(number + 1) // 2}", version=2,
                    kind=kind, event_time=moment(time), shifts="[]", sentence=f"level moved {number}")  # fmt: skip
    for offset, step, reason in ((0, "requested", "x moved"), (1, "gated", "better by 0.1"), (2, "promoted", "serves")):
        found.store("decisions", partition=0, offset=offset, retrain="r-1", event="r", step=step, reason=reason,
                    event_time=moment(1), at=moment(1), figures="{}")  # fmt: skip
    found.store("models", offset=5, version=2, previous=1, shadows="[]", model_sha256="0", retrain="r-1", at=moment(1))
    return found


def test_a_sample_is_told_from_its_bytes_to_the_decision_behind_its_version(bench: Bench) -> None:
    found = bench.trace("one")
    [record], [scored] = found.records, found.predictions
    assert (record.partition, record.offset, record.time, record.size) == (0, 0, HOUR, 41)
    assert record.value == '{"id": "one", "features": {"level": 1.5}}'
    assert (scored.version, scored.score, scored.label, scored.shadow) == (2, 0.25, 0, {"1": 0.5})
    assert [(one.label, one.ts) for one in found.labels] == [(1, 2 * HOUR), (0, 3 * HOUR)]
    assert found.pane is not None
    assert (found.pane.start, found.pane.end, found.pane.log_loss) == (HOUR, 2 * HOUR, 0.5)
    held = [(one.panes, one.end // HOUR, one.drifted) for one in found.windows]
    assert held == [(1, 2, []), (2, 3, ["level"])]
    assert [(one.incident, one.kind) for one in found.incidents] == [("i2", "opened")]
    assert found.reign is not None
    assert (found.reign.retrain, found.reign.cause, found.reign.proof) == ("r-1", "x moved", "better by 0.1")
    story = bench.ask("one")
    for words in ("received", "score 0.2500, class 0; version 1 says 0.5000", "drift of level", "level moved 3",
                  "2 serves since 1970-01-01 01:00 in place of version 1, by r-1", "better by 0.1"):  # fmt: skip
        assert words in story


def test_a_rejected_record_is_found_by_its_id_and_by_its_place(bench: Bench) -> None:
    for name in ("bad", "0-1"):
        found = bench.trace(name)
        assert [(one.table, one.reason, one.offset) for one in found.aside] == [("rejected", "wrong_type", 1)]
        assert [one.value for one in found.records] == ['{"id": "bad", "features": {"level": "x"}}']
    assert "was rejected as wrong_type: told why" in bench.ask("bad")


def test_a_late_sample_says_that_no_window_counts_it(bench: Bench) -> None:
    assert "scored, and counted in no window. told why" in bench.ask("old")
    assert [one.key for one in bench.trace("old").records] == ["k"]


def test_what_postgresql_has_not_taken_over_is_found_in_the_topics(bench: Bench) -> None:
    bench.send(bench.topics.samples, b'{"id": "new", "features": {}}')
    bench.send(bench.topics.rejected, b'{"id": "worse"', (Reason.NOT_JSON, 9))
    assert [(one.offset, one.gone) for one in bench.trace("new").records] == [(3, False)]
    assert [(one.reason, one.offset) for one in bench.trace("worse").aside] == [("not_json", 9)]


def test_bytes_that_retention_took_are_said_to_be_gone(bench: Bench) -> None:
    bench.store("predictions", partition=1, offset=99, id="gone", ts=moment(1.5), version=1, score=0.5, shadow="{}",
                features="{}", **{"class": 1})  # fmt: skip
    assert f"{bench.topics.samples}/1/99: its bytes are gone from the topic (retention)" in bench.ask("gone")


def test_an_unknown_id_says_where_was_looked(bench: Bench) -> None:
    said = bench.ask("nobody", code=1)
    assert f"nothing of {bench.topics.stream} has the id 'nobody'" in said
    for place in ("PostgreSQL, table predictions: none", "table labels: none", "table rejected: none",
                  f"of each partition of {bench.topics.samples}: none"):  # fmt: skip
        assert place in said
    assert "has the id" in bench.ask("nul\0", code=1)
