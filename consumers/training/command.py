"""`leeway train`: the first champion, from a file of history, by the code that retrains."""

import shutil
import tempfile
import time
from pathlib import Path

import structlog

from consumers.journal import Journal
from consumers.training import history, report
from consumers.training.dataset import Dataset
from consumers.training.job import Job, Result
from consumers.training.process import Training
from infra import kafka, offsets
from infra.backoff import patiently
from infra.modelcache import keep
from infra.registry import Registry
from infra.settings import Settings
from schemas import declaration
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.errors import Refused
from schemas.messages import Decision, ModelRef, Models, Step
from schemas.sample import event_time
from schemas.topics import Topics

_POLL_S = 0.05
_log = structlog.get_logger()


def train(path: Path, source: str, until: str | None, settings: Settings) -> None:
    """Trains, registers and publishes version 1. The same history again changes nothing.

    Args:
        path: the declaration.
        source: a .parquet, .csv or .jsonl file: id, event time, features, label, label_ts.
        until: ISO 8601; only what was known then is used. None is everything in the file.
        settings: the servers, and the folder of the deployment.

    Raises:
        Refused: the file does not fit, the stream is not provisioned, or it has a champion of another history.
        Unavailable: a server was away for the whole patience.
    """
    declared, file = declaration.load(path), Path(source)
    event = f"history-{history.fingerprint(file)[:16]}"
    retrain = f"{event}-1"
    registry, topics = Registry(settings.mlflow, declared.name), Topics(declared.name)
    if not patiently(lambda: offsets.ends(settings.kafka, topics.models), patience_s=kafka.PATIENCE_S):
        raise Refused(f"There is no topic {topics.models}: `leeway up` provisions the stream")
    ref, reason, result = registry.version(retrain), "trained from this history before", Result()
    champion = registry.champion()
    if ref is None and champion is not None:
        raise Refused(
            f"{declared.name} has a champion already, version {champion.version}; drift, not `train`, replaces it"
        )
    if ref is None:
        data = history.read(file, declared, _moment(until))
        ref, result = _trained(declared, path.read_bytes(), data, settings, registry, retrain, event)
        reason = f"trained on {result.rows} rows of history{report.sentence(result.metrics, result.params)}"
    _publish(declared, settings, registry, ref, retrain, event, reason, result)
    _log.info("champion", version=ref.version, reason=reason, trained_until=ref.trained_until)


def _moment(until: str | None) -> int | None:
    if until is None:
        return None
    try:
        return event_time(until)
    except ValueError as error:
        raise Refused(f"--until {until}: not a date in ISO 8601, as 2013-01-29") from error


def _trained(
    declared: Declaration,
    text: bytes,
    data: Dataset,
    settings: Settings,
    registry: Registry,
    retrain: str,
    event: str,
) -> tuple[ModelRef, Result]:
    """The registered version, and how it came about."""
    settings.home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=settings.home, prefix="train-"))
    training = Training(folder, milliseconds(declared.retrain.time_limit) / 1000, time.monotonic)
    try:
        training.give(Job(as_of=data.as_of, digest=data.digest, values=data.values), data, text)
        result = _finished(training)
        ref = registry.register(
            folder, declared, result.tags(retrain, event), result.params, result.metrics, result.pictures
        )
        keep(folder, ref, settings.home / "models")
    finally:
        training.close()
        shutil.rmtree(folder, ignore_errors=True)
    return ref, result


def _finished(training: Training) -> Result:
    while (result := training.poll()) is None:
        time.sleep(_POLL_S)
    if result.error is not None:
        raise Refused(f"No version was made: {result.error}")
    return result


def _publish(
    declared: Declaration,
    settings: Settings,
    registry: Registry,
    ref: ModelRef,
    retrain: str,
    event: str,
    reason: str,
    result: Result,
) -> None:
    """Alias, decisions and `models`, unless `models` has a record: it is the last of them, so nothing is left to do."""
    topics = Topics(declared.name)
    if patiently(lambda: list(kafka.read(settings.kafka, topics.models, 0)), patience_s=kafka.PATIENCE_S):
        return
    registry.point(ref.version, None)
    journal = Journal(kafka.producer(settings.kafka), declared.name, lambda: time.time_ns() // 1_000_000)
    steps: tuple[tuple[Step, str], ...] = (
        ("trained", reason),
        ("registered", f"as version {ref.version}"),
        ("promoted", "the first champion: there was none to compare it with"),
    )
    for step, why in steps:
        journal.decide(
            Decision(
                retrain=retrain, event=event, stream=declared.name, step=step, reason=why,
                event_time=ref.trained_until, at=journal.now(), version=ref.version,
                figures=report.figures(result.metrics, result.params) if step == "trained" else {},
            )
        )  # fmt: skip
    shadows = [ref] if declared.model.baseline == "first" else []
    journal.publish(
        Models(stream=declared.name, champion=ref, previous=None, shadows=shadows, retrain=retrain, at=journal.now())
    )
