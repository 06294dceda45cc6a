"""`leeway verify` on real servers: agrees with a stream that ran, and finds each fault that is put into one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from consumers.warehouse import worker
from infra import kafka, postgres, provisioning
from infra.cli.__main__ import app
from infra.embedded import Endpoints
from infra.settings import Settings
from schemas.declaration import parse
from schemas.messages import Prediction, encode
from schemas.position import KEY, Position
from schemas.reasons import Reason, headers
from schemas.topics import Topics
from support import models, streams, toy_stream
from support.processes import until
from support.records import sample

DECLARATION = '[stream]\nname = "{name}"\npartitions = 2\n[features.x]\nkind = "number"\n'


@dataclass(frozen=True)
class Bench:
    """A stream whose rows are written by hand, and the command on it."""

    settings: Settings
    topics: Topics

    def verify(self, *words: str) -> tuple[int, str]:
        """Exit code, and what was printed."""
        addresses = {
            "KAFKA": self.settings.kafka,
            "POSTGRES": self.settings.postgres,
            "MLFLOW": self.settings.mlflow,
            "HOME": str(self.settings.home),
        }
        result = CliRunner().invoke(
            app,
            ["verify", "--stream", self.topics.stream, *words],
            env={"COLUMNS": "200"} | {f"LEEWAY_{name}": value for name, value in addresses.items()},
        )
        return result.exit_code, result.stdout + result.stderr

    def samples(self, *names: str) -> None:
        self._send(self.topics.samples, *((sample(i, name, x=0.5), {}) for i, name in enumerate(names)))

    def predictions(self, *sources: tuple[int, str]) -> None:
        raw = msgspec.Raw(b"{}")
        self._send(
            self.topics.predictions,
            *((encode(Prediction(n, 0, 0.5, 1, 1, {}, (0, source), raw)), {"key": n}) for source, n in sources),
        )

    def rejected(self, *sources: int) -> None:
        samples = self.topics.samples
        self._send(
            self.topics.rejected,
            *((b"", {"headers": headers(Reason.EMPTY, "", samples, 0, source)}) for source in sources),
        )

    def position(self, position: Position) -> None:
        self._send(self.topics.state, (encode(position), {"key": KEY}))

    def _send(self, topic: str, *records: tuple[bytes, dict[str, Any]]) -> None:
        client = kafka.producer(self.settings.kafka)
        for value, more in records:
            client.produce(topic, value, partition=0, **more)
        assert client.flush(30) == 0

    def store(self, query: str, *rows: tuple[object, ...]) -> None:
        with psycopg.connect(self.settings.postgres) as connection, connection.cursor() as cursor:
            cursor.executemany(query.encode(), rows)

    def stored(self, *sources: tuple[int, str]) -> None:
        query = "INSERT INTO predictions VALUES (%s, 0, %s, %s, now(), 1, 0.5, 1, '{}', '{}')"
        self.store(query, *((self.topics.stream, source, name) for source, name in sources))

    def passed(self, topic: str, next_: int) -> None:
        self.store("INSERT INTO positions VALUES (%s, %s, 0, %s)", (self.topics.stream, topic, next_))


@pytest.fixture
def bench(servers: Endpoints, tmp_path: Path) -> Bench:
    name = f"verify{uuid4().hex[:8]}"
    provisioning.topics(servers.kafka, parse(DECLARATION.format(name=name).encode(), "test"))
    postgres.migrate(servers.postgres)
    settings = Settings(kafka=servers.kafka, postgres=servers.postgres, mlflow=servers.mlflow, home=tmp_path)
    return Bench(settings, Topics(name))


def test_every_fault_is_found_at_its_offset(bench: Bench) -> None:
    names = [f"n{i}" for i in range(10)]
    bench.samples(*names, "n2", "n3")  # 10 and 11 were sent twice
    scored = [(i, names[i]) for i in range(10) if i not in (4, 7)]  # 4 is rejected, 7 lost
    bench.predictions(*scored, (20, "never sent"), (5, "n5"))  # 5 again, behind the others
    bench.rejected(4, 8)  # 8 was scored as well
    bench.stored(*[one for one in scored if one[0] != 1], (7, "n7"))  # 1 is not stored; 7 is, by mistake
    bench.passed(bench.topics.predictions, 99)
    bench.position(Position(next=12, received=12, scored=9, rejected=1, duplicates=2))

    code, said = bench.verify()

    assert code == 1
    assert "2 doubled" in said
    assert "first offsets: 5, 8" in said
    assert "1 not stored" in said
    assert "1 only stored" in said
    assert "first offsets: 7" in said
    assert "the lane counted 1 rejected, and 2 are found" in said
    assert "2 rows are on their way to PostgreSQL" in said


def test_a_lost_record_is_told_from_a_duplicate_by_its_id(bench: Bench) -> None:
    bench.samples("a", "b", "a", "c", "d")
    bench.predictions((0, "a"), (1, "b"), (4, "d"))
    bench.stored((0, "a"), (1, "b"), (4, "d"))
    bench.passed(bench.topics.predictions, 3)
    bench.position(Position(next=5, received=5, scored=3, duplicates=2))

    code, said = bench.verify("--partition", "0", "--from", "2")
    assert code == 1
    assert "1 lost" in said
    assert "first offsets: 3" in said
    assert "the lane counted 2 duplicates, and 1 are found" in bench.verify()[1]
    assert bench.verify("--partition", "0", "--from", "1", "--to", "3")[0] == 0


def test_what_only_postgres_holds_any_more_is_counted_there(bench: Bench) -> None:
    bench.samples("a", "b", "c", "d", "e", "a")
    rows = [(0, "a"), (1, "b"), (2, "c"), (3, "d"), (4, "e")]
    bench.predictions(*rows)
    bench.stored(*rows)
    bench.passed(bench.topics.predictions, 5)
    bench.position(Position(next=6, received=6, scored=5, duplicates=1))
    assert bench.verify()[0] == 0

    admin = AdminClient({"bootstrap.servers": bench.settings.kafka})
    gone = [TopicPartition(bench.topics.predictions, 0, 3), TopicPartition(bench.topics.samples, 0, 2)]
    for done in admin.delete_records(gone).values():
        done.result(30)

    code, said = bench.verify()
    assert (code, "agrees" in said) == (0, True)


def test_a_range_beyond_the_lane_waits_and_an_empty_one_is_refused(bench: Bench) -> None:
    bench.samples("a", "b")
    bench.predictions((0, "a"))
    bench.position(Position(next=1, received=1, scored=1))

    code, said = bench.verify("--to", "2")
    assert code == 1
    assert "1 offsets of the range are not scored yet" in said
    assert bench.verify()[0] == 0
    assert bench.verify("--from", "9")[0] == 2
    assert bench.verify("--partition", "7")[0] == 2


@pytest.fixture
def toy(servers: Endpoints, tmp_path: Path) -> Iterator[toy_stream.Stream]:
    with toy_stream.running(servers.kafka, tmp_path) as found:
        yield found


def test_a_stream_that_ran_agrees_with_postgres(toy: toy_stream.Stream, servers: Endpoints, tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_bytes(models.TOML)
    settings = Settings(
        kafka=servers.kafka,
        postgres=streams.database(servers.postgres, f"toy{uuid4().hex[:8]}"),
        mlflow="",
        home=tmp_path,
    )
    postgres.migrate(settings.postgres)
    toy.promote(1)
    toy.start("toy_framer")
    toy.start("toy_scorer", "scorer-0")
    toy.samples(0, 6_000)
    for i in range(50):
        toy.send(sample(i * 100, f"id-{i}"), f"id-{i}".encode())  # sent twice: the same key, the same partition
        toy.send(b"{")
    toy.samples(6_000, 3_000)
    until(toy.drained, 60, "everything scored")
    running = streams.Stream(path, settings, toy_stream.TOPICS)
    with streams.Running(worker.run, running):
        until(lambda: running.ask("SELECT count(*) FROM predictions") == [(9_000,)], 60, "predictions in PostgreSQL")
        until(lambda: running.ask("SELECT count(*) FROM rejected") == [(50,)], 60, "rejected in PostgreSQL")

    bench = Bench(msgspec.structs.replace(settings, mlflow=servers.mlflow), toy_stream.TOPICS)
    code, said = bench.verify()
    assert code == 0, said
    assert said.count("agrees") == 3

    running.ask('DELETE FROM predictions WHERE partition = 1 AND "offset" = 42 RETURNING id')
    code, said = bench.verify("--partition", "1", "--from", "40", "--to", "50")
    assert code == 1
    assert "1 not stored" in said
    assert "first offsets: 42" in said
