"""Where they compete: the product's own embedded servers, and processes that end with the measurement."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from confluent_kafka.cimpl import NewTopic

from benchmarks.compare.subject import PARTITIONS
from infra import embedded, offsets
from infra.cli.demo.run import environment
from infra.settings import Settings

ROOT = Path(__file__).parents[2]
Process = subprocess.Popen[bytes]


@dataclass(slots=True)
class Arena:
    """Servers that run; `made` counts the streams so far, so that each has a name of its own."""

    settings: Settings
    broker: psutil.Process
    made: int = 0

    def name(self) -> str:
        """Of the next stream."""
        self.made += 1
        return f"bench{self.made}"

    def topic(self, name: str) -> str:
        """A fresh topic for a competitor's output. Retention would take its records: they bear event times."""
        admin = offsets.admin(self.settings.kafka)  # must live until the answer is there
        for done in admin.create_topics([NewTopic(name, PARTITIONS, 1, config={"retention.ms": "-1"})]).values():
            done.result(30)
        return name

    @property
    def log(self) -> Path:
        """What all processes say."""
        return self.settings.home / "logs" / "competitors.log"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a process: these servers, our modules, one thread for arrays, a folder for its files."""
        scratch = self.settings.home.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        return environment(self.settings) | {
            "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TMPDIR": str(scratch)
        }  # fmt: skip

    def run(self, *words: str) -> None:
        """Runs one of our modules to its end."""
        with self.log.open("ab") as out:
            subprocess.run(
                [sys.executable, "-m", *words], env=self.variables, cwd=ROOT, stdout=out, stderr=out, check=True
            )

    def start(self, command: list[str]) -> Process:
        """A process in a session of its own, whose output goes to the log."""
        with self.log.open("ab") as out:
            return subprocess.Popen(command, env=self.variables, stdout=out, stderr=out, start_new_session=True)

    @contextmanager
    def running(self, *commands: list[str]) -> Iterator[list[Process]]:
        """These processes, until the block ends."""
        processes: list[Process] = []
        try:
            processes += [self.start(command) for command in commands]
            yield processes
        finally:
            for process in processes:
                end(process)


def end(process: Process) -> None:
    """Kills a process and whatever it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def arena(home: Path) -> Iterator[Arena]:
    """Starts the servers, and stops them at the end, also at SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        ends = embedded.up(home, kafka_port=0, mlflow_port=0, fresh=True, kafka_heap="1g", on_progress=print)
        settings = Settings(kafka=ends.kafka, postgres=ends.postgres, mlflow=ends.mlflow, home=home.absolute())
        yield Arena(settings, _broker(home))
    finally:
        embedded.down(home)
        shutil.rmtree(home.absolute().parent / "scratch", ignore_errors=True)


def _broker(home: Path) -> psutil.Process:
    found = embedded.state(home)
    pid = next((one.pid for one in found.processes if one.name == "kafka"), None) if found else None
    if pid is None:
        raise RuntimeError(f"no broker runs in {home}")
    return psutil.Process(pid)
