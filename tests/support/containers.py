"""The servers of the tests in containers: images and settings of docker-compose.yml, run by testcontainers.

testcontainers' own Kafka is for another image, and its PostgreSQL adds nothing that is needed here, so all three are
plain containers, and the product's own probes say when they answer. They listen on loopback only; their data end with
them. A run that is killed is tidied up after by testcontainers' reaper.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import yaml
from testcontainers.core.container import DockerContainer

from infra.backoff import patiently
from infra.embedded import Endpoints, kafka, mlflow, ports, postgres

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
HOST = "127.0.0.1"
PATIENCE_S = 300


@contextmanager
def running() -> Iterator[Endpoints]:
    """A new Kafka, PostgreSQL and MLflow until the block ends."""
    declared = yaml.safe_load(COMPOSE.read_text())["services"]
    with ExitStack() as stack:
        found = Endpoints(
            mlflow=f"http://{_start(stack, declared['mlflow']['image'], 5000, {})}",  # the slowest first
            kafka=_kafka(stack, declared["kafka"]),
            postgres=_postgres(stack, declared["postgres"]["image"]),
        )
        _await(kafka.probe, found.kafka)
        _await(postgres.probe, found.postgres)
        _await(mlflow.probe, found.mlflow)
        yield found


def _kafka(stack: ExitStack, declared: dict[str, Any]) -> str:
    """The address where it listens is what it must advertise, so the port is chosen before."""
    port = ports.any_free()
    addresses = {
        "KAFKA_LISTENERS": "INSIDE://:9092,CONTROLLER://:9093,HOST://:29092",
        "KAFKA_ADVERTISED_LISTENERS": f"INSIDE://localhost:9092,HOST://{HOST}:{port}",
    }
    environment = {key: str(value) for key, value in declared["environment"].items()} | addresses
    return _start(stack, declared["image"], 29092, environment, port)


def _postgres(stack: ExitStack, image: str) -> str:
    password = token_urlsafe()
    given = {"POSTGRES_USER": "leeway", "POSTGRES_PASSWORD": password, "POSTGRES_DB": "leeway"}
    return f"postgresql://leeway:{password}@{_start(stack, image, 5432, given)}/leeway"


def _start(stack: ExitStack, image: str, inside: int, environment: dict[str, str], port: int | None = None) -> str:
    """Starts one; gives host:port."""
    outside = port or ports.any_free()
    container = DockerContainer(image).with_envs(**environment)
    container.ports[f"{inside}/tcp"] = (HOST, outside)  # type: ignore[assignment] # docker's own form for one interface
    stack.enter_context(container)
    return f"{HOST}:{outside}"


def _await(probe: Callable[[str], None], address: str) -> None:
    patiently(lambda: probe(address), patience_s=PATIENCE_S)
