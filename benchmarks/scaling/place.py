"""Where it is measured: the product's own embedded servers and processes, and what each has spent so far."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import psycopg

from benchmarks.scaling import subject
from infra import embedded, kafka, provisioning
from infra.cli.demo.run import environment
from infra.embedded import Worker
from infra.settings import Settings
from schemas.declaration import parse
from schemas.messages import Models, decode_models, encode
from schemas.topics import Topics

ROOT = Path(__file__).parents[2]
Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream with its topics; its samples are still to be sent."""

    declaration: Path
    topics: Topics


@dataclass(frozen=True, slots=True)
class Place:
    """Servers that run, and the champion that every stream here is served by.

    `wal`: bytes of write-ahead log before anything was measured.
    """

    home: Path
    settings: Settings
    champion: Models
    servers: dict[str, psutil.Process]
    wal: float

    def stream(self, name: str) -> Stream:
        """A fresh one."""
        path = self.home / f"{name}.toml"
        path.write_bytes(subject.declaration(name))
        provisioning.topics(self.settings.kafka, parse(path.read_bytes(), path.name))
        client = kafka.producer(self.settings.kafka)
        client.produce(Topics(name).models, encode(msgspec.structs.replace(self.champion, stream=name)), name.encode())
        client.flush(30)
        return Stream(path, Topics(name))

    def spent(self, name: str) -> float:
        """CPU-seconds so far of `kafka` or `postgres`."""
        return cpu(self.servers[name])

    def stored(self, topic: str) -> int:
        """Bytes of a topic's log segments on the broker's disk."""
        data = self.home / "kafka" / "data"
        return sum(file.stat().st_size for file in data.glob(f"{topic}-[0-9]*/*.log"))

    @contextmanager
    def running(self, *commands: list[str]) -> Iterator[list[Process]]:
        """`python -m COMMAND` for each, until the block ends."""
        variables = environment(self.settings) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        processes: list[Process] = []
        with (self.home / "logs" / "measured.log").open("ab") as out:
            try:
                for words in commands:
                    argv = [sys.executable, "-m", *words]
                    processes.append(subprocess.Popen(argv, env=variables, stdout=out, stderr=out))
                yield processes
            finally:
                for process in processes:
                    process.kill()
                    process.wait()


def cpu(process: psutil.Process) -> float:
    """CPU-seconds of a process and its children so far."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # a child that has ended meanwhile
            times = one.cpu_times()
            total += times.user + times.system
    return total


@contextmanager
def place(home: Path) -> Iterator[Place]:
    """Starts the servers, trains the model by `consumers train`, and stops everything at the end, also at SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    path, history = home / "scaling0.toml", home / "history.parquet"
    path.write_bytes(subject.declaration("scaling0"))
    subject.history(history)
    python = (sys.executable, "-m")
    setup = (
        Worker(name="provisioning", argv=(*python, "infra.provisioning", str(path))),
        Worker(name="champion", argv=(*python, "consumers", "train", str(path), str(history))),
    )
    try:
        ends = embedded.up(home, setup=setup, kafka_port=0, mlflow_port=0, fresh=True, kafka_heap="1g",
                           on_progress=print)  # fmt: skip
        settings = Settings(kafka=ends.kafka, postgres=ends.postgres, mlflow=ends.mlflow, home=home)
        [*_, last] = kafka.read(settings.kafka, Topics("scaling0").models, 0)
        yield Place(home, settings, decode_models(last.value() or b""), _servers(home), _wal(settings))
    finally:
        embedded.down(home)


def _servers(home: Path) -> dict[str, psutil.Process]:
    found = embedded.state(home)
    pids = {one.name: one.pid for one in found.processes if one.pid is not None} if found else {}
    return {name: psutil.Process(pids[name]) for name in ("kafka", "postgres")}


def _wal(settings: Settings) -> float:
    with closing(psycopg.connect(settings.postgres)) as connection:
        [(found,)] = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchall()
    return float(str(found))
