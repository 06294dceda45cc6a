"""What the commands read from real servers is what stands there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest
from confluent_kafka import Producer, TopicPartition
from typer.testing import CliRunner

from infra import balance, kafka, offsets, postgres, provisioning
from infra.cli import situation, tables
from infra.cli.__main__ import app
from infra.cli.demo import summary
from infra.embedded import Endpoints
from infra.settings import Settings
from schemas.declaration import parse
from schemas.errors import Unavailable
from schemas.messages import Decision, ModelRef, Models, encode
from schemas.position import KEY, Position
from schemas.reasons import Reason, headers
from schemas.topics import Topics

DECLARATION = '[stream]\nname = "{name}"\npartitions = 2\n[features.level]\nkind = "number"\n'


@pytest.fixture
def settings(servers: Endpoints, tmp_path: Path) -> Settings:
    return Settings(kafka=servers.kafka, postgres=servers.postgres, mlflow=servers.mlflow, home=tmp_path)


@pytest.fixture
def stream(settings: Settings) -> str:
    name = f"look{uuid4().hex[:8]}"
    provisioning.topics(settings.kafka, parse(DECLARATION.format(name=name).encode(), "test"))
    postgres.migrate(settings.postgres)
    return name


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    addresses = {
        "KAFKA": settings.kafka,
        "POSTGRES": settings.postgres,
        "MLFLOW": settings.mlflow,
        "HOME": str(settings.home),
    }
    return {"COLUMNS": "160", **{f"LEEWAY_{name}": value for name, value in addresses.items()}}


def transactional(settings: Settings) -> Producer:
    client = Producer({"bootstrap.servers": settings.kafka, "transactional.id": uuid4().hex})
    client.init_transactions(30)
    return client


def write(settings: Settings, query: str, *rows: tuple[object, ...]) -> None:
    with psycopg.connect(settings.postgres) as connection, connection.cursor() as cursor:
        cursor.executemany(query.encode(), rows)


def samples(settings: Settings, stream: str, *counts: int) -> None:
    client = kafka.producer(settings.kafka)
    for partition, count in enumerate(counts):
        for _ in range(count):
            client.produce(Topics(stream).samples, b"{}", partition=partition)
    assert client.flush(30) == 0


def reference(version: int) -> ModelRef:
    return ModelRef(version=version, run_id="r", model_sha256="0" * 64, contract_sha256="0" * 64, trained_until=2_000)


def test_the_last_committed_position_counts_and_an_aborted_one_does_not(settings: Settings, stream: str) -> None:
    client = transactional(settings)
    for scored, ends in ((3, client.commit_transaction), (5, client.commit_transaction), (9, client.abort_transaction)):
        client.begin_transaction()
        client.produce(Topics(stream).state, msgspec.json.encode({"scored": scored}), KEY, partition=1)
        client.produce(Topics(stream).state, b"another kind of row", b"pane/1/0", partition=1)
        ends(30)

    assert balance.lanes(settings.kafka, Topics(stream), [0, 1]) == {1: Position(scored=5)}


def test_a_row_far_from_the_end_is_found(settings: Settings, stream: str) -> None:
    client = kafka.producer(settings.kafka)
    client.produce(Topics(stream).state, b'{"scored": 7}', KEY, partition=0)
    for number in range(offsets.TAIL + 10):
        client.produce(Topics(stream).state, b"x", f"pane/1/{number}".encode(), partition=0)
    assert client.flush(30) == 0

    assert balance.lanes(settings.kafka, Topics(stream), [0]) == {0: Position(scored=7)}


def test_the_marker_of_a_transaction_is_no_lag(settings: Settings, stream: str) -> None:
    client, topic = transactional(settings), Topics(stream).predictions
    client.begin_transaction()
    for _ in range(3):
        client.produce(topic, b"{}", partition=0)
    client.commit_transaction(30)
    reader = kafka.consumer(settings.kafka, f"{stream}.warehouse")

    reader.commit(offsets=[TopicPartition(topic, 0, 3)], asynchronous=False)
    at_the_end = offsets.lags(settings.kafka, [f"{stream}.warehouse"])
    reader.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    behind = offsets.lags(settings.kafka, [f"{stream}.warehouse"])
    reader.close()

    assert at_the_end == {f"{stream}.warehouse": {topic: 0}}
    assert behind == {f"{stream}.warehouse": {topic: 2}}
    assert offsets.groups(settings.kafka, f"{stream}.") == [f"{stream}.warehouse"]


def test_the_balance_counts_predictions_and_rejected_samples_once(settings: Settings, stream: str) -> None:
    samples(settings, stream, 3, 1)
    write(
        settings,
        "INSERT INTO predictions VALUES (%s, 0, %s, 'id', now(), 1, 0.5, 1, '{}', '{}')",
        (stream, 0),
        (stream, 1),
    )
    topics = Topics(stream)
    write(
        settings,
        "INSERT INTO rejected VALUES (%s, %s, 0, 2, %s, '', NULL, NULL, now())",
        (stream, topics.samples, "not_json"),
        (stream, topics.labels, "bad_label"),
    )

    with tables.connect(settings.postgres) as connection:
        found = balance.read(settings.kafka, connection, stream)

    assert [(one.received, one.scored, one.rejected, one.lag) for one in found.accounts] == [(3, 2, 1, 0), (1, 0, 0, 1)]


def test_looking_changes_nothing(settings: Settings, stream: str) -> None:
    with pytest.raises(Unavailable, match="read-only"), tables.connect(settings.postgres) as connection:
        connection.execute("DELETE FROM rejected WHERE stream = %s", (stream,))


def test_rejected_reads_the_topic_where_postgres_is_away(
    settings: Settings, stream: str, environment: dict[str, str]
) -> None:
    client = kafka.producer(settings.kafka)
    why = headers(Reason.NOT_JSON, "byte 0: malformed", Topics(stream).samples, 1, 42)
    client.produce(Topics(stream).rejected, b"\xffbroken", partition=1, headers=list(why))
    assert client.flush(30) == 0

    away = {**environment, "LEEWAY_POSTGRES": "postgresql://127.0.0.1:1/leeway"}
    result = CliRunner().invoke(app, ["rejected", "--stream", stream], env=away)

    assert result.exit_code == 0
    assert f"{stream}.samples/1/42" in result.stdout
    assert r"\xffbroken" in result.stdout
    assert "read from the topic instead" in result.stderr


def test_status_shows_a_stream_and_stays_readable_without_postgres(
    settings: Settings, stream: str, environment: dict[str, str]
) -> None:
    client = kafka.producer(settings.kafka)
    said = Models(stream=stream, champion=reference(3), previous=None, shadows=[reference(1)], retrain="r", at=0)
    client.produce(Topics(stream).models, encode(said), stream.encode(), partition=0)
    assert client.flush(30) == 0

    whole = CliRunner().invoke(app, ["status"], env=environment)
    part = CliRunner().invoke(
        app, ["status"], env={**environment, "LEEWAY_POSTGRES": "postgresql://127.0.0.1:1/leeway"}
    )
    as_json = CliRunner().invoke(app, ["status", "--json"], env=environment)

    assert whole.exit_code == part.exit_code == 0
    assert f"Stream {stream}" in whole.stdout
    assert "PostgreSQL: no answer" in part.stdout
    assert situation.models(settings.kafka, stream) == said
    assert stream in [one["name"] for one in msgspec.json.decode(as_json.stdout)["streams"]]


def test_why_tells_the_way_from_the_window_of_samples_to_the_promotion(
    settings: Settings, stream: str, environment: dict[str, str]
) -> None:
    event, retrain = f"{stream}-e", f"{stream}-e-1"
    day = [datetime(2013, 3, 1, tzinfo=UTC) + timedelta(days=number) for number in range(20)]
    write(
        settings,
        "INSERT INTO performance VALUES (%s, 'champion', 1, %s, %s, 10, 10, 0.5, 0.2, 0.7, 1, %s)",
        *((stream, day[number], day[number + 1], day[19]) for number in range(8)),
    )
    write(
        settings,
        "INSERT INTO drift VALUES (%s, 1, %s, %s, %s, 700, 9000, %s, 0, 0, 0, 0, 0, 0, 0, %s)",
        (stream, day[8], 4, "wind", 0.31, "drifted"),
        (stream, day[8], 8, "hour", 0.02, "stable"),
        (stream, day[8], 2, "useless", 0.9, "drifted"),
    )
    shifts = '[{"feature": "wind", "window": 4}, {"feature": "useless", "window": 2}]'
    write(
        settings,
        "INSERT INTO drift_events VALUES (%s, %s, 'i', 1, 'opened', %s, %s, 'wind has moved')",
        (event, stream, day[8], shifts),
    )
    write(
        settings,
        "INSERT INTO decisions VALUES (%s, 0, %s, %s, %s, %s, %s, %s, now(), 2, '{}')",
        (stream, 0, retrain, event, "requested", "wind has moved", day[8]),
        (stream, 3, retrain, event, "started", "wind has moved again", day[8]),
        (stream, 1, retrain, event, "gated", "0.49 against 0.52 on the same rows", day[8]),
        (stream, 2, retrain, event, "promoted", "serves", day[8]),
    )
    write(settings, "INSERT INTO models VALUES (%s, 1, 2, 1, '[1]', 'abc', %s, now())", (stream, retrain))

    result = CliRunner().invoke(app, ["why", "--stream", stream], env=environment)

    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "cause wind has moved" in lines
    assert "strongest feature wind" in lines
    assert "window start 2013-03-05 00:00" in lines
    assert "window end 2013-03-09 00:00" in lines
    assert "samples 700" in lines
    assert "log loss before 0.5000" in lines
    assert "proof 0.49 against 0.52 on the same rows" in lines
    assert "version 2" in lines


def test_why_tells_of_a_retrain_that_no_drift_asked_for(
    settings: Settings, stream: str, environment: dict[str, str]
) -> None:
    event, retrain = "age-1-2013-03-01", "age-1-2013-03-01-1"
    write(
        settings,
        "INSERT INTO decisions VALUES (%s, 0, 0, %s, %s, 'requested', 'too old', now(), now(), NULL, '{}')",
        (stream, retrain, event),
    )
    write(settings, "INSERT INTO models VALUES (%s, 1, 2, 1, '[1]', 'abc', %s, now())", (stream, retrain))

    result = CliRunner().invoke(app, ["why", "--stream", stream], env=environment)

    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "cause too old" in lines
    assert not [line for line in lines if line.startswith(("drift", "strongest"))]


def test_the_year_is_measured_on_the_same_labelled_rows_for_both_models(settings: Settings, stream: str) -> None:
    write(
        settings,
        "INSERT INTO predictions VALUES (%s, 0, %s, %s, to_timestamp(%s::float8), %s, %s, 1, %s, '{}')",
        (stream, 0, "before the first training ended", 1, 1, 0.9, "{}"),
        (stream, 1, "first serves", 2, 1, 0.5, "{}"),
        (stream, 2, "second serves", 3, 2, 1.0, '{"1": 0.25}'),
        (stream, 3, "never landed", 3, 2, 0.5, '{"1": 0.5}'),
        (stream, 4, "not in shadow", 3, 2, 0.5, "{}"),
    )
    write(
        settings,
        "INSERT INTO labels VALUES (%s, 0, %s, %s, to_timestamp(%s::float8), %s)",
        (stream, 0, "before the first training ended", 5, 1),
        (stream, 1, "first serves", 5, 1),
        (stream, 2, "second serves", 5, 0),
        (stream, 3, "second serves", 6, 1),
        (stream, 4, "not in shadow", 5, 1),
    )
    first = Models(stream=stream, champion=reference(1), previous=None, shadows=[], retrain="first", at=0)

    with tables.connect(settings.postgres) as connection:
        losses = summary.by_day(connection, stream, first)

    live, never = losses.total()
    assert sum(day.labelled for day in losses.days) == 2
    assert live == pytest.approx((0.6931472 + 0.0) / 2, abs=1e-6)
    assert never == pytest.approx((0.6931472 + 1.3862944) / 2, abs=1e-6)


def test_decisions_come_from_the_topic_where_postgres_is_away(
    settings: Settings, stream: str, environment: dict[str, str]
) -> None:
    client = kafka.producer(settings.kafka)
    said = Decision(retrain="r", event="e", stream=stream, step="gated", reason="0.49 [better]", event_time=0, at=0)
    client.produce(Topics(stream).decisions, encode(said), stream.encode(), partition=0)
    assert client.flush(30) == 0

    away = {**environment, "LEEWAY_POSTGRES": "postgresql://127.0.0.1:1/leeway"}
    result = CliRunner().invoke(app, ["decisions", "--stream", stream], env=away)

    assert "gated" in result.stdout
    assert "0.49 [better]" in result.stdout
