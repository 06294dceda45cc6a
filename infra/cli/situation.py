"""What `leeway status` shows, as values: each part stands alone, so that one server away leaves the others readable."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from infra import backlog, balance, kafka, offsets
from infra.backlog import Backlog
from infra.balance import Balance
from infra.cli import tables
from infra.embedded import State
from infra.embedded import kafka as kafka_server
from infra.embedded import mlflow as mlflow_server
from infra.embedded import postgres as postgres_server
from infra.embedded import state as supervised
from infra.masking import masked
from infra.settings import Settings
from schemas.errors import LeewayError, Refused
from schemas.messages import Models, Served
from schemas.topics import Topics

TRAIL = 8
"""Decisions shown."""
LOOK_S = 2.0
"""Between the two looks at a backlog: lanes commit several times in it."""


@dataclass(frozen=True, slots=True)
class Server:
    """One of the three servers: where it is, and what is wrong with it ("" = it answers)."""

    name: str
    address: str
    trouble: str


@dataclass(slots=True)
class InKafka:
    """What the topics of a stream tell."""

    trouble: str = ""
    models: Models | None = None
    served: list[Served] = field(default_factory=list)
    lags: dict[str, dict[str, int]] = field(default_factory=dict)
    lanes: Balance | None = None
    backlog: Backlog | None = None


@dataclass(slots=True)
class InPostgres:
    """What the tables of a stream tell."""

    trouble: str = ""
    scored: dict[int, int] = field(default_factory=dict)
    rejected: dict[int, int] = field(default_factory=dict)
    shifts: list[tables.Shift] = field(default_factory=list)
    incident: tables.Incident | None = None
    decisions: list[tables.Decision] = field(default_factory=list)
    qualities: list[tables.Quality] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StreamSituation:
    """One stream; `balance` is counted in PostgreSQL, or by the lanes where PostgreSQL is away."""

    name: str
    balance: Balance | None
    kafka: InKafka
    postgres: InPostgres


@dataclass(frozen=True, slots=True)
class Situation:
    """The whole deployment at one moment; `processes` is None where no supervisor runs."""

    home: str
    processes: State | None
    servers: list[Server]
    streams: list[StreamSituation]


def gather(settings: Settings) -> Situation:
    """Asks everybody; who does not answer is told as trouble of that part."""
    probes = (
        ("kafka", settings.kafka, kafka_server.probe),
        ("postgres", settings.postgres, postgres_server.probe),
        ("mlflow", settings.mlflow, mlflow_server.probe),
    )
    with ThreadPoolExecutor(len(probes)) as pool:
        servers = list(pool.map(lambda probe: Server(probe[0], masked(probe[1]), _trouble(probe[2], probe[1])), probes))
    processes = supervised(settings.home)
    away = {server.name: server.trouble for server in servers}
    names = streams(settings, processes, kafka_answers=not away["kafka"])
    return Situation(
        home=str(settings.home),
        processes=processes,
        servers=servers,
        streams=[_stream(settings, name, away) for name in names],
    )


def streams(settings: Settings, processes: State | None, *, kafka_answers: bool = True) -> list[str]:
    """The streams of a deployment: by its topics; where Kafka is away by its workers' names and its tables."""
    if kafka_answers:
        return by_topics(list(offsets.topics(settings.kafka)))
    names = [process.name for process in processes.processes] if processes else []
    found = {name.partition(".")[0] for name in names if "." in name}
    with suppress(LeewayError), tables.connect(settings.postgres) as connection:
        found.update(tables.streams(connection))
    return sorted(found)


def stream_of(settings: Settings, name: str) -> str:
    """The stream called `name`, or with "" the only one of the deployment.

    Raises:
        Refused: there is no such stream, or more than one and none is named.
    """
    known = streams(settings, supervised(settings.home), kafka_answers=not _trouble(offsets.topics, settings.kafka))
    if name in known or (name and not known):
        return name
    if name or len(known) != 1:
        raise Refused(
            f"Which stream? {'Known are: ' + ', '.join(known) if known else 'None is known here'}. Use --stream"
        )
    return known[0]


def by_topics(topics: list[str]) -> list[str]:
    """The streams that these topics belong to."""
    return sorted(
        name.removesuffix(".samples")
        for name in topics
        if name.endswith(".samples") and f"{name.removesuffix('.samples')}.predictions" in topics
    )


def models(bootstrap: str, stream: str) -> Models | None:
    """What every scorer must serve now.

    Raises:
        Unavailable: Kafka does not answer.
    """
    rows = offsets.latest(bootstrap, Topics(stream).models, [0], stream.encode(), Models)
    return rows.get(0)


def served(bootstrap: str, stream: str) -> list[Served]:
    """Which worker serves what of each partition, by what was said last of the partition.

    Raises:
        Unavailable: Kafka does not answer.
    """
    last: dict[int, Served] = {}
    for message in kafka.read(bootstrap, Topics(stream).served, 0):
        said = msgspec.json.decode(message.value() or b"", type=Served)
        last[said.partition] = said
    return [said for _, said in sorted(last.items())]


def _stream(settings: Settings, name: str, away: dict[str, str]) -> StreamSituation:
    in_kafka = InKafka(trouble="Kafka: no answer (see above)" if away["kafka"] else "")
    in_postgres = InPostgres(trouble="PostgreSQL: no answer (see above)" if away["postgres"] else "")
    if not in_kafka.trouble:
        in_kafka.trouble = _trouble(_ask_kafka, settings.kafka, name, in_kafka)
    if not in_postgres.trouble:
        in_postgres.trouble = _trouble(_ask_postgres, settings.postgres, name, in_postgres)
    return StreamSituation(name, _balance(in_kafka, in_postgres), in_kafka, in_postgres)


def _ask_kafka(bootstrap: str, stream: str, found: InKafka) -> None:
    topics = Topics(stream)
    found.models = models(bootstrap, stream)
    found.served = served(bootstrap, stream)
    found.lags = offsets.lags(bootstrap, offsets.groups(bootstrap, f"{stream}."))
    looked, found.lanes = time.monotonic(), _lanes(bootstrap, topics)
    if found.lanes.total.lag > backlog.SMALL:
        time.sleep(LOOK_S)
        before, found.lanes = found.lanes, _lanes(bootstrap, topics)
        found.backlog = backlog.between(before, found.lanes, time.monotonic() - looked)


def _lanes(bootstrap: str, topics: Topics) -> Balance:
    ends = offsets.ends(bootstrap, topics.samples)
    return balance.balance(ends, balance.lanes(bootstrap, topics, list(ends)))


def _ask_postgres(dsn: str, stream: str, found: InPostgres) -> None:
    with tables.connect(dsn) as connection:
        found.scored, found.rejected = balance.counted(connection, stream)
        found.shifts = tables.shifts(connection, stream)
        found.incident = tables.incident(connection, stream)
        found.decisions = tables.decisions(connection, stream, TRAIL)
        found.qualities = tables.qualities(connection, stream)


def _balance(in_kafka: InKafka, in_postgres: InPostgres) -> Balance | None:
    if in_kafka.lanes is None or in_postgres.trouble:
        return in_kafka.lanes
    return balance.recount(in_kafka.lanes, in_postgres.scored, in_postgres.rejected)


def _trouble(ask: Callable[..., object], *given: object) -> str:
    try:
        ask(*given)
    except LeewayError as error:
        return " ".join(str(error).split())
    return ""
