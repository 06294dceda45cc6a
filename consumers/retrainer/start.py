"""Starts the retrainer: makes its clients, takes the lock, and runs until it is told to stop."""

import shutil
import threading
import time
from pathlib import Path

import structlog

from consumers import loop
from consumers.journal import Journal
from consumers.retrainer import inspection
from consumers.retrainer.evidence import Evidence
from consumers.retrainer.history import History
from consumers.retrainer.intake import ends_of
from consumers.retrainer.lock import Lock
from consumers.retrainer.means import Means
from consumers.retrainer.proof import Proof
from consumers.retrainer.spare import Spare
from consumers.retrainer.worker import Retrainer
from consumers.source import Everything, client
from infra import kafka, offsets
from infra.backoff import patiently
from infra.postgres import connect, migrate
from infra.registry import Registry
from infra.settings import Settings
from schemas import declaration
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.topics import Topics

_WAIT_S = 0.1
_log = structlog.get_logger()


def run(path: Path, settings: Settings, stop: threading.Event) -> None:
    """Retrains until `stop` is set.

    Raises:
        Refused: the declaration or an address does not fit.
        Unavailable: a server was away for the whole patience; the retrain in flight is taken up at the next start.
        Fatal: the lock was lost.
    """
    declared = declaration.load(path)
    migrate(settings.postgres)
    with connect(settings.postgres, application=f"{declared.name}.retrainer.lock") as connection:
        lock = Lock(connection, declared.name)
        loop.stand_by()
        if lock.acquire(stop.wait):
            _work(declared, path.read_bytes(), settings, lock, stop)


def _work(declared: Declaration, text: bytes, settings: Settings, lock: Lock, stop: threading.Event) -> None:
    topics = Topics(declared.name)
    read = (topics.decisions, topics.requests, topics.drift_events, topics.models, topics.served, topics.performance)
    ends = patiently(lambda: ends_of(settings.kafka, read), patience_s=kafka.PATIENCE_S, pause=stop.wait)
    limit_s = milliseconds(declared.retrain.time_limit) / 1000
    spare = Spare(settings.home / "training" / declared.name, limit_s, time.monotonic)
    registry, history = Registry(settings.mlflow, declared.name), History(declared)
    journal = Journal(kafka.producer(settings.kafka), declared.name, lambda: time.time_ns() // 1_000_000)
    means = Means(
        spare=spare,
        declaration=declared,
        text=text,
        kafka=settings.kafka,
        home=settings.home,
        registry=registry,
        journal=journal,
        proof=Proof(),
        history=history,
        inspection=inspection.opened(declared, settings, registry, history, journal),
        evidence=Evidence(declared.wait_ms),
        connect=lambda: connect(settings.postgres, application=f"{declared.name}.retrainer", patience_s=0),
        clock=time.monotonic,
        partitions=len(patiently(lambda: offsets.ends(settings.kafka, topics.samples), patience_s=kafka.PATIENCE_S)),
    )
    shutil.rmtree(spare.workshop, ignore_errors=True)  # of a process that was killed; the lock is ours now
    retrainer = Retrainer(means, lock, ends)
    source = Everything(client(settings.kafka, f"{declared.name}.retrainer"), list(ends))
    _log.info("started", stream=declared.name)
    try:
        loop.run(source, retrainer, stop, wait_s=_WAIT_S)
    finally:
        retrainer.close()
        _log.info("stopped", stream=declared.name)
