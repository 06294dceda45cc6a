"""`leeway status` draws whatever it is given, also where servers are away."""

from datetime import UTC, datetime

from rich.console import Console

from infra.balance import Account, Balance
from infra.cli import screen
from infra.cli.situation import InKafka, InPostgres, Server, Situation, StreamSituation, by_topics
from infra.cli.tables import Decision, Quality, Shift
from infra.embedded import ProcessState, State
from infra.masking import masked
from schemas.messages import ModelRef, Models, Served

WHEN = datetime(2013, 3, 14, 6, tzinfo=UTC)


def rendered(situation: Situation) -> str:
    console = Console(width=130)
    with console.capture() as capture:
        console.print(screen.draw(situation, now=1000.0))
    return capture.get()


def reference(version: int) -> ModelRef:
    return ModelRef(version=version, run_id="r", model_sha256=str(version), contract_sha256="c", trained_until=0)


def in_kafka() -> InKafka:
    models = Models(
        stream="flights", champion=reference(4), previous=reference(3), shadows=[reference(1)], retrain="r", at=0
    )
    served = [Served(worker="scorer-0", partition=0, version=4, model_sha256="4", from_offset=7, at=0)]
    return InKafka(models=models, served=served, lags={"flights.framer": {"flights.samples": 12}})


def in_postgres() -> InPostgres:
    shift = Shift("wind_speed", WHEN, 4, 8, 7200, 0.31, 1e-9, 0.01, "drifted")
    decision = Decision("r-1", "e", "gated", "better on [recent] rows", WHEN, WHEN, None, {})
    quality = Quality("champion", 4, WHEN, 900, 0.4991, 0.2, 0.7)
    return InPostgres(shifts=[shift], decisions=[decision], qualities=[quality])


def situation(kafka: InKafka, postgres: InPostgres, balance: Balance | None) -> Situation:
    scorer = ProcessState(
        name="flights.scorer-0", state="running", pid=77, restarts=2, last_exit=-9, since=940.0, rss=2**20 * 150
    )
    retrainer = ProcessState(name="flights.retrainer", state="failed", reason="one\nlabel.task: unknown")
    processes = State(pid=1, started=0.0, processes=[scorer, retrainer])
    servers = [Server("kafka", "127.0.0.1:9092", kafka.trouble), Server("postgres", "uri", postgres.trouble)]
    return Situation("home", processes, servers, [StreamSituation("flights", balance, kafka, postgres)])


def test_everything_is_on_the_screen() -> None:
    balance = Balance(accounts=(Account(partition=0, received=1010, scored=1001, rejected=4, duplicates=3),))

    text = rendered(situation(in_kafka(), in_postgres(), balance))

    assert "scorer-0 partition 0: v4" in text
    assert "champion        v4" in text
    assert "in shadow: v1" in text
    assert "framer 12" in text
    assert "received 1,010 = scored 1,001 + rejected 4 + duplicates 3 + open 2" in text
    assert "wind_speed" in text
    assert "0.310" in text
    assert "champion v4 log-loss 0.4991 (900 labelled)" in text
    assert "better on [recent] rows" in text
    row = next(line for line in text.splitlines() if line.startswith("flights.scorer-0"))
    assert row.split() == ["flights.scorer-0", "running", "77", "2", "150", "MB", "1", "min", "0", "s", "-9"]


def test_a_process_that_gave_up_says_why() -> None:
    assert "label.task: unknown" in rendered(situation(in_kafka(), in_postgres(), None))


def test_postgres_away_leaves_the_rest_readable() -> None:
    text = rendered(situation(in_kafka(), InPostgres(trouble="PostgreSQL: no answer (refused)"), None))

    assert "PostgreSQL: no answer (refused)" in text
    assert "framer 12" in text


def test_kafka_away_leaves_the_rest_readable() -> None:
    text = rendered(situation(InKafka(trouble="Kafka does not answer"), in_postgres(), None))

    assert "Kafka does not answer" in text
    assert "not known while Kafka does not answer" in text
    assert "wind_speed" in text


def test_an_empty_deployment_says_what_to_do_next() -> None:
    text = rendered(Situation("home", None, [], []))

    assert "leeway up DECLARATION" in text


def test_a_stream_is_what_has_its_topics() -> None:
    assert by_topics(["b.samples", "b.predictions", "other.samples", "a.predictions", "a.samples"]) == ["a", "b"]


def test_no_password_is_shown() -> None:
    assert masked("postgresql://me:s3/cret@db:5432/x") == "postgresql://me:***@db:5432/x"
    assert masked("host=db password=s3cret user=me") == "host=db password=*** user=me"
    assert masked("postgresql://leeway@/leeway?host=%2Fx") == "postgresql://leeway@/leeway?host=%2Fx"
    assert masked("127.0.0.1:9092") == "127.0.0.1:9092"
