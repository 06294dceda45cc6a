"""What the supervisor is told (`Plan`) and what it tells (`State`, `Endpoints`), as files of the home folder."""

import os
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from infra.embedded.kafka import KafkaServer
from infra.embedded.mlflow import MlflowServer
from infra.embedded.postgres import PostgresServer

Phase = Literal["starting", "ready", "running", "backoff", "stopped", "failed"]

Server = MlflowServer | KafkaServer | PostgresServer


class Worker(Struct, frozen=True, kw_only=True):
    """A process of ours: `argv` as typed in a shell, `env` added to the environment of `up`, `nice` as in nice(1)."""

    name: str
    argv: tuple[str, ...]
    env: dict[str, str] = {}
    nice: int = 0


class Endpoints(Struct, frozen=True, kw_only=True):
    """Where the servers answer: `host:port`, a libpq connection URI, an HTTP base URL."""

    kafka: str
    postgres: str
    mlflow: str


class ExternalServers(Struct, frozen=True, kw_only=True):
    """Servers that run already elsewhere: what is given is asked, not started."""

    kafka: str | None = None
    postgres: str | None = None
    mlflow: str | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """All that the supervisor starts: servers together, then each setup command once, then the workers."""

    servers: tuple[Server, ...]
    setup: tuple[Worker, ...]
    workers: tuple[Worker, ...]
    endpoints: Endpoints


class ProcessState(Struct, kw_only=True):
    """One process as it is now; `since` and `started` are epoch seconds, `rss` bytes with its children."""

    name: str
    state: Phase = "starting"
    pid: int | None = None
    started: float = 0.0
    restarts: int = 0
    last_exit: int | None = None
    since: float = 0.0
    rss: int = 0
    reason: str = ""


class State(Struct, kw_only=True):
    """The supervisor and its processes, in the order of their start."""

    pid: int
    started: float
    processes: list[ProcessState]


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line from the supervisor to `up`: how far it is, or how it ended."""

    progress: str = ""
    failed: str = ""
    refused: bool = False
    ready: bool = False


AnyStruct = TypeVar("AnyStruct", bound=Struct)


def write(path: Path, value: Struct) -> None:
    """Replace the file `path` by `value` as JSON, at once: a reader sees the old or the new, never a half."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_bytes(msgspec.json.encode(value))
    fresh.replace(path)


def read(path: Path, kind: type[AnyStruct]) -> AnyStruct | None:
    """The value in the file `path`; None if there is none or another version of us wrote it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
