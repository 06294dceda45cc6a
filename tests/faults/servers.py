"""Kafka with a second way in for the slow network, PostgreSQL and MLflow, on small disks of their own if permitted."""

import asyncio
import random
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faults.crew import Crew
from faults.disk import Disk
from faults.proxy import Proxy
from infra.embedded import jars, ports
from infra.embedded.kafka import HOST, KafkaServer
from infra.embedded.mlflow import MlflowServer
from infra.embedded.postgres import PostgresServer
from infra.settings import Settings

SECOND = """\
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller},PROXIED://{host}:{behind}
advertised.listeners=PLAINTEXT://{host}:{port},PROXIED://{host}:{proxy}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT
"""


def _free(count: int) -> list[int]:
    """So many ports that nobody listens on now."""
    found = [port for port in random.sample(ports.LASTING, 100) if ports.free(port)]
    return found[:count]


class ProxiedKafka(KafkaServer, frozen=True, kw_only=True):
    """The product's embedded Kafka; who comes in at `behind` is told to come by `proxy`, where ours listens."""

    behind: int
    proxy: int

    def config(self) -> str:
        """The text of server.properties; of two lines for one key the later one counts."""
        second = SECOND.format(
            host=HOST, port=self.port, controller=self.controller, behind=self.behind, proxy=self.proxy
        )
        return super().config() + second


class Servers:
    """The servers of a campaign under `home`."""

    def __init__(self, home: Path, crew: Crew) -> None:
        self.home, self._crew = home, crew
        self.disks = {name: Disk(home / name) for name in ("kafka", "postgres")}
        self._sockets = Path(tempfile.mkdtemp(prefix="leeway-"))
        kafka, controller, behind, proxy, mlflow = _free(5)
        self.proxy = Proxy(proxy, behind)
        self._kafka = ProxiedKafka(
            folder=str(home / "kafka"),
            jars=str(jars.cache()),
            port=kafka,
            controller=controller,
            heap="512m",
            behind=behind,
            proxy=proxy,
        )
        self._postgres = PostgresServer(folder=str(home / "postgres"), sockets=str(self._sockets))
        self._mlflow = MlflowServer(folder=str(home / "mlflow"), port=mlflow)
        self.without = self._without_disks()

    def _without_disks(self) -> frozenset[str]:
        """Kinds of faults that cannot be had here."""
        for name in ("kafka", "postgres", "mlflow", "logs"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        permitted = sys.platform == "linux" and all(disk.mount() for disk in self.disks.values())
        return frozenset() if permitted else frozenset({"disk of Kafka full", "disk of PostgreSQL full"})

    async def start(self) -> None:
        """All at once; ready when it returns."""
        await asyncio.to_thread(jars.ensure, Path(self._kafka.jars), lambda _: None)
        await self.proxy.open()
        async with asyncio.TaskGroup() as group:
            for server in (self._mlflow, self._kafka, self._postgres):
                group.create_task(self._start(server))

    async def _start(self, server: ProxiedKafka | PostgresServer | MlflowServer) -> None:
        await asyncio.to_thread(server.prepare)
        await self._crew.start(server.name, server.command(), server.ready)

    async def stop(self) -> None:
        """Ends everything of the crew, and gives the disks up."""
        await self._crew.stop_all()
        await self.proxy.close()
        for disk in self.disks.values():
            disk.unmount()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def settings(self, database: str) -> Settings:
        """Where they answer; `database` is made if there is none."""
        address = self._postgres.endpoint()
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        postgres = make_conninfo(address, dbname=database)
        return Settings(kafka=self._kafka.endpoint(), postgres=postgres, mlflow=self._mlflow.endpoint(), home=self.home)

    def drop(self, database: str) -> None:
        """Gives the room of a database back."""
        with closing(psycopg.connect(self._postgres.endpoint(), autocommit=True)) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @property
    def slow_kafka(self) -> str:
        """The bootstrap server by way of the slow network."""
        return f"{HOST}:{self.proxy.port}"
