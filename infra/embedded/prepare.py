"""From what a person wishes to a plan with ports and folders."""

import os
import re
import tempfile
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, structs

from infra.embedded import ports
from infra.embedded.home import Home
from infra.embedded.kafka import KafkaServer
from infra.embedded.mlflow import MlflowServer
from infra.embedded.plan import Endpoints, ExternalServers, Plan, Server, Worker
from infra.embedded.postgres import SOCKET_LIMIT, PostgresServer
from schemas.errors import Refused

LEAST_HEAP_MB = 128

AnyServer = TypeVar("AnyServer", MlflowServer, KafkaServer, PostgresServer)


class Wish(Struct, frozen=True, kw_only=True):
    """The arguments of `up`."""

    workers: tuple[Worker, ...]
    setup: tuple[Worker, ...]
    external: ExternalServers
    kafka_port: int
    mlflow_port: int
    kafka_heap: str
    jars: str


def make_plan(home: Home, wish: Wish, last: Plan | None, *, is_running: bool = False) -> Plan:
    """The plan of a wish, with the ports of the last start where the wish leaves them open.

    Args:
        home: where it is to run.
        wish: what was asked for.
        last: the plan of the last start.
        is_running: `last` runs now, so its ports and socket are not taken but ours.

    Raises:
        Refused: a port that was asked for is taken, or the heap is no size.
    """
    pick = ports.keep if is_running else ports.choose
    # the slowest first: with two cores the order of the start is felt
    servers: list[Server] = [
        *([] if wish.external.mlflow else [_mlflow(home, wish, _last(last, MlflowServer), pick)]),
        *([] if wish.external.kafka else [_kafka(home, wish, _last(last, KafkaServer), pick)]),
        *([] if wish.external.postgres else [_postgres(home, _last(last, PostgresServer) if is_running else None)]),
    ]
    endpoints = _given(wish.external) | {server.name: server.endpoint() for server in servers}
    return Plan(servers=tuple(servers), setup=wish.setup, workers=wish.workers, endpoints=Endpoints(**endpoints))


def _last(last: Plan | None, kind: type[AnyServer]) -> AnyServer | None:
    return next((server for server in last.servers if isinstance(server, kind)), None) if last else None


def _given(external: ExternalServers) -> dict[str, str]:
    return {name: address for name, address in structs.asdict(external).items() if address is not None}


def _mlflow(home: Home, wish: Wish, before: MlflowServer | None, pick: ports.Pick) -> MlflowServer:
    port = pick(wish.mlflow_port, before.port if before else None, server="MLflow", option="--mlflow-port")
    return MlflowServer(folder=str(home.root / "mlflow"), port=port)


def _heap(text: str) -> str:
    found = re.fullmatch(r"(\d{1,6})([mMgG])", text)
    if found is None or int(found[1]) * (1024 if found[2] in "gG" else 1) < LEAST_HEAP_MB:
        raise Refused(f"--kafka-heap is {text!r}: give at least {LEAST_HEAP_MB}m, as in 512m or 2g")
    return text


def _kafka(home: Home, wish: Wish, before: KafkaServer | None, pick: ports.Pick) -> KafkaServer:
    return KafkaServer(
        folder=str(home.root / "kafka"),
        jars=wish.jars,
        port=pick(wish.kafka_port, before.port if before else None, server="Kafka", option="--kafka-port"),
        controller=pick(0, before.controller if before else None, server="Kafka", option="--kafka-port"),
        heap=_heap(wish.kafka_heap),
    )


def _postgres(home: Home, running: PostgresServer | None) -> PostgresServer:
    folder = home.root / "postgres"
    return PostgresServer(folder=str(folder), sockets=running.sockets if running else _sockets(folder / "run"))


def _sockets(wanted: Path) -> str:
    """The folder of the socket: under home, or where that path is too long for a socket, a private temporary one."""
    fits = len(os.fsencode(wanted / ".s.PGSQL.5432")) < SOCKET_LIMIT
    return str(wanted) if fits else tempfile.mkdtemp(prefix="leeway-")
