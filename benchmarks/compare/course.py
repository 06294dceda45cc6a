"""One subject in the arena: its model, trained by the product, and streams made fresh for each run."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import skops.io

from benchmarks.compare import stream
from benchmarks.compare.arena import Arena
from benchmarks.compare.stream import Stream
from benchmarks.compare.subject import Record, Subject
from benchmarks.peers.job import Plan
from infra import allowlist, bundle, offsets
from infra.registry import Registry
from schemas import reference
from schemas.messages import Models

FRAMED_S = 120


@dataclass(frozen=True, slots=True)
class Course:
    """`bundle` holds the model's files; `job` the same model for peers, where it is a logistic one."""

    arena: Arena
    subject: Subject
    model: Models
    bundle: Path
    job: Path

    def fresh(self, records: list[Record], *, framed: bool = False) -> Stream:
        """A stream that holds these samples, and with `framed` their frames too."""
        bootstrap = self.arena.settings.kafka
        found = stream.provide(bootstrap, self.subject, self.arena.name(), self.arena.settings.home, self.model)
        stream.send(bootstrap, found.topics.samples, records)
        if framed:
            with self.arena.running(self.framer(found)):
                self._until_framed(found)
        return found

    def framer(self, found: Stream) -> list[str]:
        """The command of the product's framer."""
        return [sys.executable, "-m", "streams", "frame", str(found.declaration), "--instance", "framer-0"]

    def scorer(self, found: Stream, instance: str = "scorer-0") -> list[str]:
        """The command of the product's scorer."""
        return [sys.executable, "-m", "streams", "score", str(found.declaration), "--instance", instance]

    def _until_framed(self, found: Stream) -> None:
        group, deadline = f"{found.name}.framer", time.monotonic() + FRAMED_S
        while offsets.lags(self.arena.settings.kafka, [group]).get(group, {}).get(found.topics.samples) != 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{found.topics.samples} was not framed in {FRAMED_S} s; log: {self.arena.log}")
            time.sleep(0.2)


def train(arena: Arena, subject: Subject) -> Course:
    """Trains the subject's model by `consumers train`, as `leeway up` does."""
    folder, name = arena.settings.home, subject.title
    declaration, history = folder / f"{name}.toml", folder / f"{name}.parquet"
    declaration.write_bytes(subject.declaration(name))
    subject.history(history)
    arena.run("infra.provisioning", str(declaration))
    arena.run("consumers", "train", str(declaration), str(history))
    model = stream.champion(arena.settings.kafka, name)
    files = Registry(arena.settings.mlflow, name).fetch(model.champion, folder / "models")
    (files / "ref.json").write_bytes(msgspec.json.encode(model.champion))
    job = folder / f"{name}.job.json"
    if "LogisticRegression" in declaration.read_text():
        job.write_bytes(msgspec.json.encode(_plan(files)))
    return Course(arena, subject, model, files, job)


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
