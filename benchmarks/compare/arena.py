"""Where they compete: the product's own embedded servers, one trained model, and streams made fresh for each run."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import skops.io
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks.compare import stream
from benchmarks.compare.stream import PARTITIONS, Shape
from benchmarks.peers.job import Plan
from infra import allowlist, bundle, embedded, offsets
from infra.cli.demo.run import environment
from infra.embedded import Worker
from infra.registry import Registry
from infra.settings import Settings
from schemas import reference
from schemas.messages import Models
from schemas.topics import Topics

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of this arena: `frames` are there if it was framed before."""

    name: str
    declaration: Path
    topics: Topics


@dataclass(slots=True)
class Arena:
    """Servers that run, and the model in a folder."""

    settings: Settings
    shape: Shape
    model: Models
    bundle: Path
    job: Path
    broker: psutil.Process
    made: int = 0

    def fresh(self, records: list[tuple[bytes, bytes]], *, framed: bool) -> Stream:
        """A stream that holds these samples."""
        self.made += 1
        name = f"bench{self.made}"
        path, _ = stream.provide(self.settings.kafka, self.shape, name, self.settings.home, self.model)
        found = Stream(name, path, Topics(name))
        stream.send(self.settings.kafka, found.topics.samples, records)
        if framed:
            with self.running(self.framer(found)):
                self._until_framed(found)
        return found

    def topic(self, name: str) -> str:
        """A fresh topic for a competitor's output."""
        admin = AdminClient({"bootstrap.servers": self.settings.kafka})
        for done in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
            done.result(30)
        return name

    def framer(self, found: Stream) -> list[str]:
        """The product's framer."""
        return [sys.executable, "-m", "streams", "frame", str(found.declaration), "--instance", "framer-0"]

    def scorer(self, found: Stream, instance: str = "scorer-0") -> list[str]:
        """The product's scorer."""
        return [sys.executable, "-m", "streams", "score", str(found.declaration), "--instance", instance]

    @contextmanager
    def running(self, *commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
        """These processes, until the block ends."""
        variables = environment(self.settings) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        log = self.settings.home / "processes.log"
        with log.open("ab") as out:
            processes = [subprocess.Popen(command, env=variables, stdout=out, stderr=out) for command in commands]
        try:
            yield processes
        finally:
            for process in processes:
                process.kill()
                process.wait()

    def _until_framed(self, found: Stream) -> None:
        group = f"{found.name}.framer"
        while True:
            lag = offsets.lags(self.settings.kafka, [group]).get(group, {})
            if lag.get(found.topics.samples) == 0 and stream.written(self.settings.kafka, found.topics.frames):
                return


@contextmanager
def arena(home: Path, shape: Shape) -> Iterator[Arena]:
    """Starts the servers, trains the model by `consumers train`, and stops everything at the end."""
    files = home.parent.absolute()
    files.mkdir(parents=True, exist_ok=True)
    declaration, history = files / "bench0.toml", files / "history.parquet"
    declaration.write_bytes(shape.declaration("bench0"))
    stream.history(shape, history)
    python = (sys.executable, "-m")
    setup = (
        Worker(name="provisioning", argv=(*python, "infra.provisioning", str(declaration))),
        Worker(name="champion", argv=(*python, "consumers", "train", str(declaration), str(history))),
    )
    ends = embedded.up(home, setup=setup, workers=(), kafka_port=0, mlflow_port=0, fresh=True, on_progress=print)
    try:
        settings = Settings(kafka=ends.kafka, postgres=ends.postgres, mlflow=ends.mlflow, home=home.absolute())
        model = stream.champion(settings.kafka, "bench0")
        folder = Registry(settings.mlflow, "bench0").fetch(model.champion, settings.home / "models")
        (folder / "ref.json").write_bytes(msgspec.json.encode(model.champion))
        job = files / "job.json"
        job.write_bytes(msgspec.json.encode(_plan(folder)))
        yield Arena(settings, shape, model, folder, job, _broker(home))
    finally:
        embedded.down(home)


def _plan(folder: Path) -> Plan:
    """The logistic model without scikit-learn: scaling folded into its weights."""
    contract = reference.decode((folder / bundle.CONTRACT).read_bytes())
    pipeline = skops.io.load(folder / bundle.MODEL, trusted=sorted(allowlist.TYPES))
    scaler = pipeline.named_steps["prepare"].named_transformers_["numbers"].named_steps["scale"]
    line = pipeline.named_steps["estimator"]
    weights = line.coef_[0] / scaler.scale_
    return Plan(
        features=contract.features,
        weights=weights.tolist(),
        intercept=float(line.intercept_[0] - weights @ scaler.mean_),
        low=-100.0,
        high=100.0,
        cuts=[cells.cuts for cells in contract.reference[:-1]],
        version=1,
    )


def _broker(home: Path) -> psutil.Process:
    found = embedded.state(home)
    pid = next(one.pid for one in found.processes if one.name == "kafka") if found else None
    if pid is None:
        raise RuntimeError(f"no broker runs in {home}")
    return psutil.Process(pid)
