"""`leeway kafka TOOL ...`: Kafka's own command-line tools on the bundled Java, against the running Kafka."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import typer

from infra.embedded import jars, java
from infra.embedded.home import Home
from infra.embedded.plan import Endpoints, read
from schemas.errors import Refused
from schemas.topics import LARGE

TOOLS = {
    "console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "topics": "org.apache.kafka.tools.TopicCommand",
    "consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "configs": "kafka.admin.ConfigCommand",
    "get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
}


def kafka_command(
    tool: str, arguments: Sequence[str], *, home: Path, kafka: str | None = None, jars_folder: Path | None = None
) -> NoReturn:
    """Become one of Kafka's tools: its input, output and exit code are ours.

    Args:
        tool: a name of `TOOLS`.
        arguments: as for the tool of the same name in Kafka's distribution; `--bootstrap-server` is filled in.
        home: the folder of the running servers.
        kafka: the bootstrap server; None = LEEWAY_KAFKA, else that of `home`.
        jars_folder: where Kafka's jars are kept; None = the user's cache.

    Raises:
        Refused: there is no such tool, or no Kafka is known.
        Unavailable: Kafka's jars are not there and cannot be fetched.
    """
    if tool not in TOOLS:
        raise Refused(f"There is no Kafka tool {tool!r}: choose one of {', '.join(TOOLS)}")
    words = complete(tool, arguments, lambda: kafka or os.environ.get("LEEWAY_KAFKA") or running_kafka(home))
    folder = jars_folder or jars.cache()
    jars.ensure(folder, lambda text: typer.echo(text, err=True))
    argv = java.tool(jars.classpath(folder), TOOLS[tool], *words)
    sys.stdout.flush()
    os.execv(argv[0], argv)  # noqa: S606 - becoming the tool hands over input, output, signals and exit code


def complete(tool: str, arguments: Sequence[str], bootstrap: Callable[[], str]) -> list[str]:
    """The arguments with the address, the consumer with committed records only, the producer with large ones."""
    if any(word in ("--help", "--version") for word in arguments):
        return list(arguments)
    extra = [] if any(word.startswith("--bootstrap") for word in arguments) else ["--bootstrap-server", bootstrap()]
    if tool == "console-consumer" and not any(word.startswith("--isolation") for word in arguments):
        extra += ["--isolation-level", "read_committed"]
    if tool == "console-producer" and not any("max.request.size" in word for word in arguments):
        extra += ["--producer-property", f"max.request.size={LARGE}"]  # what our topics take
    return [*extra, *arguments]


def running_kafka(home: Path) -> str:
    """The bootstrap server that `leeway up` wrote.

    Raises:
        Refused: nothing runs in `home`.
    """
    endpoints = read(Home(home).servers, Endpoints)
    if endpoints is None:
        raise Refused(f"No Kafka runs in {home}: run `leeway up`, or give its address by --kafka")
    return endpoints.kafka
