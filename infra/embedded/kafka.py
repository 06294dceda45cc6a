"""A real Apache Kafka: one KRaft node on loopback, as broker and controller, with its data under HOME/kafka."""

import base64
import re
import socket
import uuid
from pathlib import Path
from typing import ClassVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from msgspec import Struct

from infra.embedded import jars, java
from infra.embedded.process import Command, run_once
from schemas.errors import Refused, Unavailable

HOST = "127.0.0.1"
CONNECT_S = 1.0
METADATA_S = 5.0
FORMAT_S = 120

CONFIG = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller}
log.dirs={data}
auto.create.topics.enable=false
message.max.bytes=16777216
replica.fetch.max.bytes=16777216
# one node holds the only replica
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# few partitions, buffers and threads: quick to start, small in memory and on disk
offsets.topic.num.partitions=3
transaction.state.log.num.partitions=3
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=33554432
log.segment.bytes=134217728
log.index.size.max.bytes=2097152
log.retention.check.interval.ms=60000
"""


class KafkaServer(Struct, frozen=True, kw_only=True, tag="kafka"):
    """The broker: `folder` holds its data, `port` is its clients', `controller` its own, `heap` as Java spells it."""

    name: ClassVar[str] = "kafka"
    folder: str
    jars: str
    port: int
    controller: int
    heap: str

    def endpoint(self) -> str:
        """The bootstrap server."""
        return f"{HOST}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration, and format the data folder if it is new.

        Raises:
            Refused: Kafka's own formatting tool refused the folder.
        """
        self._config.write_text(self.config())
        if not (self._data / "meta.properties").exists():
            self._format()

    def command(self) -> Command:
        """Run the broker."""
        classpath = jars.classpath(Path(self.jars))
        return Command(argv=java.broker(classpath, self.heap, str(self._config)), grace_s=30.0)

    def ready(self) -> None:
        """Ask for the cluster's metadata.

        Raises:
            Unavailable: no answer yet.
        """
        probe(self.endpoint())

    def config(self) -> str:
        """The text of server.properties."""
        data = str(self._data).replace("\\", "\\\\")
        return CONFIG.format(host=HOST, port=self.port, controller=self.controller, data=data)

    @property
    def _config(self) -> Path:
        return Path(self.folder) / "server.properties"

    @property
    def _data(self) -> Path:
        return Path(self.folder) / "data"

    def _format(self) -> None:
        words = ("format", "--ignore-formatted", "-t", cluster_id(uuid.uuid4()), "-c", str(self._config))
        argv = java.tool(jars.classpath(Path(self.jars)), "kafka.tools.StorageTool", *words)
        run_once(Command(argv=argv), Path(self.folder) / "format.log", FORMAT_S)


def cluster_id(number: uuid.UUID) -> str:
    """A cluster id as Kafka writes it: 16 bytes in URL-safe base64, never with a leading dash."""
    text = base64.urlsafe_b64encode(number.bytes).rstrip(b"=").decode()
    return f"A{text[1:]}"


def probe(bootstrap: str) -> None:
    """Ask a broker for its metadata.

    Raises:
        Refused: `bootstrap` is not a list of host:port.
        Unavailable: nothing listens there, or what listens is no broker.
    """
    host, port = first_address(bootstrap)
    try:
        socket.create_connection((host, port), CONNECT_S).close()
        # the level 0 keeps librdkafka from writing lines of its own to our standard error
        client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        client.list_topics(timeout=METADATA_S)
    except (OSError, KafkaException) as error:
        raise Unavailable(
            f"Kafka at {bootstrap} does not answer ({error}). Is it running, and is the address right?"
        ) from error


def first_address(bootstrap: str) -> tuple[str, int]:
    """Host and port of the first server of a bootstrap list.

    Raises:
        Refused: it is not host:port.
    """
    found = re.fullmatch(r"\[?([^\[\],]+?)\]?:(\d{1,5})", bootstrap.split(",", maxsplit=1)[0].strip())
    if found is None:
        raise Refused(f"The Kafka address {bootstrap!r} is not host:port (or several of them with commas between)")
    return found[1], int(found[2])
