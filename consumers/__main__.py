"""`python -m consumers warehouse|evaluator|retrainer|exporter DECLARATION`, and `train` and `dataset`, which end."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import structlog

from consumers import loop
from infra import logs
from infra.cli.declared import the_only_one
from infra.metrics import endpoint
from infra.settings import Settings, from_environment
from schemas.declaration import load
from schemas.errors import LeewayError


def main(arguments: list[str] | None = None) -> int:
    """Runs one consumer until it ends or is told to; returns the exit code (see schemas.errors)."""
    given = _parser().parse_args(arguments)
    logs.configure(given.command)
    log = structlog.get_logger()
    try:
        _run(given)
    except LeewayError as error:
        log.error("ended", error=str(error), exit_code=error.exit_code)  # noqa: TRY400 - for a person: no traceback
        return error.exit_code
    except KeyboardInterrupt:
        log.info("interrupted")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m consumers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("warehouse", "write everything that flows to PostgreSQL"),
        ("evaluator", "join labels to predictions and measure quality"),
        ("retrainer", "answer drift by a better model"),
        ("exporter", "tell Prometheus what spans processes: lag, the model, drift"),
        ("train", "train the first champion from history"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("declaration", type=Path, help="the stream's declaration, as flights.toml")
        if name == "train":
            command.add_argument("history", help="file of labelled history")
            command.add_argument("--until", help="train on what was known at this date (ISO 8601)")
        else:
            command.add_argument("--metrics", default=os.environ.get(endpoint.VARIABLE), help=endpoint.HELP)
    dataset = commands.add_parser("dataset", help="the rows that a retrain was trained on")
    dataset.add_argument("retrain", help="its name, as `leeway decisions` gives it")
    dataset.add_argument("file", type=Path, nargs="?", help="where to write them: .parquet or .csv")
    dataset.add_argument("--declaration", type=Path, help="left out: the only one in this folder")
    return parser


def _run(given: argparse.Namespace) -> None:
    """Each consumer is imported only where it runs: training libraries are large."""
    settings = from_environment()
    if given.command == "train":
        from consumers.training import command  # noqa: PLC0415 - see above

        command.train(given.declaration, given.history, given.until, settings)
    elif given.command == "dataset":
        from consumers.retrainer import rebuilt  # noqa: PLC0415 - see above

        rebuilt.run(settings, given.declaration or the_only_one(Path()), given.retrain, given.file)
    else:
        _serve(given, settings)


def _serve(given: argparse.Namespace, settings: Settings) -> None:
    """What runs until it is told to stop."""
    where = endpoint.address(given.metrics)
    if given.command == "exporter":
        from consumers.exporter import worker as exporter  # noqa: PLC0415 - see above

        exporter.run(given.declaration, settings, stopped_by_signal(), where)
        return
    who = endpoint.Identity(load(given.declaration).name, given.command)
    endpoint.tell(settings.home, where, who, unready=loop.unready)
    if given.command == "warehouse":
        from consumers.warehouse import worker as warehouse  # noqa: PLC0415 - see above

        warehouse.run(given.declaration, settings, stopped_by_signal())
    elif given.command == "evaluator":
        from consumers.evaluator import worker as evaluator  # noqa: PLC0415 - see above

        evaluator.run(given.declaration, settings, stopped_by_signal())
    else:
        from consumers.retrainer import start as retrainer  # noqa: PLC0415 - see above

        retrainer.run(given.declaration, settings, stopped_by_signal())


def stopped_by_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets: the work in hand is finished, then the process ends with 0."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
