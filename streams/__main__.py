"""`python -m streams frame|score|rebuild DECLARATION [--instance NAME] [--stall SECONDS] [--metrics ADDRESS]`."""

import argparse
import gc
import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from infra import kafka, logs, offsets
from infra.backoff import patiently
from infra.masking import masked
from infra.metrics import endpoint
from infra.metrics.balance import Balance
from infra.metrics.catalogue import REJECTED_FOR
from infra.registry import Registry
from infra.registry import load as registry_load
from infra.settings import Settings, from_environment
from schemas.declaration import Declaration, load
from schemas.duration import milliseconds
from schemas.errors import LeewayError
from schemas.messages import ModelRef
from schemas.reasons import Reason
from schemas.topics import Topics
from streams.watchdog import STALL_S, watchdog

if TYPE_CHECKING:
    from streams.reload import Reload
    from streams.topology import Worker

REGISTRY_S = 10.0
"""A scorer that serves a version already asks MLflow again later; it does not wait for it."""
METRICS_S = 1.0
"""A reading of the metrics does not wait longer for the end of a partition."""
COLLECT = (50_000, 20, 100)
"""When Python looks for cycles. Frames make and drop objects by the ten thousand, none of them in a cycle: looking at
them as often as by default takes a sixth of a scorer's time."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a process is told beside its declaration; `metrics` None is off."""

    instance: str | None
    stall_s: float
    metrics: endpoint.Address | None


def _find(registry: Registry, version: int) -> ModelRef | None:
    return next((ref for ref in registry.versions() if ref.version == version), None)


def frame(settings: Settings, declaration: Declaration, options: Options) -> None:
    """Packs samples into frames until a signal."""
    from streams.framer import Framer  # noqa: PLC0415 - each process loads its own stage only

    _collect_rarely()
    framer = Framer(settings.kafka, Topics(declaration.name), options.instance)
    watchdog(settings.kafka, framer.source, framer.source, framer.standing, options.stall_s).start()
    who = endpoint.Identity(declaration.name, options.instance or "framer")
    endpoint.tell(settings.home, options.metrics, who, unready=framer.unready)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(framer, "stopping", True))
    framer.run()


def score(settings: Settings, declaration: Declaration, options: Options) -> None:
    """Runs the Faust app until a signal.

    Raises:
        Unavailable: the broker was away for too long.
    """
    import faust  # noqa: PLC0415 - each process loads its own stage only

    from streams.court import open_court  # noqa: PLC0415 - as above
    from streams.lane import Place  # noqa: PLC0415 - as above
    from streams.reload import Reload  # noqa: PLC0415 - as above
    from streams.restore import open_lane  # noqa: PLC0415 - as above
    from streams.score import Stage  # noqa: PLC0415 - as above
    from streams.topology import Dependencies, build_app  # noqa: PLC0415 - as above

    topics = Topics(declaration.name)
    registry = Registry(settings.mlflow, declaration.name, patience_s=REGISTRY_S)
    load_model = partial(registry_load, registry=registry, cache=settings.home / "models")
    reload = Reload(declaration, load_model, partial(_find, registry), registry.champion)
    place = Place(
        settings.kafka,
        topics,
        options.instance or "scorer",
        milliseconds(declaration.stream.lateness),
        declaration.pane_ms,
    )
    settings.home.mkdir(parents=True, exist_ok=True)
    given = Dependencies(
        folder=settings.home,
        open_lane=partial(open_lane, place, stage=Stage(declaration)),
        open_court=partial(open_court, settings.kafka, declaration, reload.counters),
        caught_up=lambda partition, next_: next_ >= kafka.bounds(settings.kafka, topics.samples, partition)[1],
        reload=reload,
        watch=lambda standing: watchdog(
            settings.kafka, topics.samples, topics.frames, standing, options.stall_s
        ).start(),
        measure=partial(_measure, settings, declaration.name, options, reload),
        instance=options.instance,
    )
    _collect_rarely()
    patiently(lambda: offsets.topics(settings.kafka), patience_s=kafka.PATIENCE_S)  # Faust would not wait for a broker
    reload.start(settings.kafka)
    app = build_app(settings.kafka, declaration, given)
    worker = faust.Worker(app, loglevel="WARNING", redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it would write terminal codes into the log
    worker.execute_from_commandline()


def rebuild(settings: Settings, declaration: Declaration, _: Options) -> None:
    """Makes the scorers' state anew from `samples`, and ends."""
    from streams import recovery  # noqa: PLC0415 - each process loads its own stage only

    recovery.rebuild(settings, declaration)


def _collect_rarely() -> None:
    """Once everything is imported: what is there now stays, and need not be looked at again."""
    gc.freeze()
    gc.set_threshold(*COLLECT)


def _measure(settings: Settings, stream: str, options: Options, reload: "Reload", worker: "Worker") -> None:
    """Tells Prometheus the balance, if asked to."""
    if options.metrics is None:
        return
    for reason in Reason:  # told from the start: what was never seen cannot be seen to grow
        REJECTED_FOR.live.labels(reason)
    marks, samples = kafka.Watermarks(settings.kafka, answer_s=METRICS_S), Topics(stream).samples
    balance = Balance(worker.booked, worker.queued, lambda partition: marks.of(samples, partition)[1])
    who = endpoint.Identity(stream, options.instance or "scorer")
    endpoint.tell(settings.home, options.metrics, who, (balance,), reload.unready)


def main() -> None:
    """Parses the arguments, runs, and ends with the exit code of the error."""
    parser = argparse.ArgumentParser(prog="python -m streams", description=__doc__)
    parser.add_argument("stage", choices=["frame", "score", "rebuild"])
    parser.add_argument("declaration", type=Path)
    parser.add_argument("--instance", help="the name of this worker among its like; the same after a restart")
    parser.add_argument(
        "--stall", type=float, default=STALL_S, help="seconds that records may wait without a commit before it ends"
    )
    parser.add_argument(
        "--metrics",
        default=os.environ.get(endpoint.VARIABLE),
        help=endpoint.HELP,
    )
    given = parser.parse_args()
    logs.configure(given.stage)
    run = {"frame": frame, "score": score, "rebuild": rebuild}[given.stage]
    try:
        options = Options(given.instance, given.stall, endpoint.address(given.metrics))
        run(from_environment(), load(given.declaration), options)
    except LeewayError as error:
        sys.stderr.write(f"{given.stage}: {masked(str(error))}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
