"""`leeway up`: start the embedded servers and the processes of the streams, and say where they answer."""

from collections.abc import Sequence
from pathlib import Path

import typer

from infra import embedded
from infra.embedded import Endpoints, ExternalServers, Worker
from infra.masking import masked


def up_command(
    home: Path,
    *,
    workers: Sequence[Worker] = (),
    setup: Sequence[Worker] = (),
    kafka: str | None = None,
    postgres: str | None = None,
    mlflow: str | None = None,
    kafka_port: int = 9092,
    mlflow_port: int = 5000,
    kafka_heap: str = "512m",
    fresh: bool = False,
) -> Endpoints:
    """Start everything and print each step; servers whose address is given are asked, not started.

    Raises:
        LeewayError: something could not be started; nothing is left running.
    """
    endpoints = embedded.up(
        home,
        workers=workers,
        setup=setup,
        external=ExternalServers(kafka=kafka, postgres=postgres, mlflow=mlflow),
        kafka_port=kafka_port,
        mlflow_port=mlflow_port,
        kafka_heap=kafka_heap,
        fresh=fresh,
        on_progress=typer.echo,
    )
    typer.echo(f"Kafka       {endpoints.kafka}\nPostgreSQL  {masked(endpoints.postgres)}")
    typer.echo(f"MLflow      {endpoints.mlflow}")
    typer.echo(f"Logs in {home / 'logs'}. `leeway status` shows what runs, `leeway down` stops it.")
    return endpoints
