"""Which processes work for a stream: what `leeway up` and `leeway demo` hand to the supervisor."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.cli.declared import the_only_one
from infra.embedded.plan import Worker
from schemas.declaration import load

LATER = 10
"""nice: what keeps the books yields to the stream where both want the same cores, and catches up after."""
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""Small batches are scored fastest by one thread, and several processes share the cores; training may use all."""
FREE_PORT = ("--metrics", "0")
"""Several run here, so each takes the port that it gets and writes it to HOME/metrics."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many framers and scorers each stream gets; more than it has partitions is of no use."""

    framers: int = 1
    scorers: int = 1


def deployment(paths: Sequence[Path] | None, size: Size) -> tuple[tuple[Worker, ...], tuple[Worker, ...]]:
    """Set-up and workers of the streams declared in these files; None = the only declaration in the current folder.

    Raises:
        Refused: a declaration is wrong, or it is not clear which is meant.
    """
    found = [the_only_one(Path.cwd())] if paths is None else list(paths)
    names = {path: load(path).name for path in found}
    return (
        tuple(one for path, name in names.items() for one in setup(path, name)),
        tuple(one for path, name in names.items() for one in workers(path, name, size)),
    )


def setup(declaration: Path, stream: str) -> tuple[Worker, ...]:
    """What runs once before the workers: topics and tables."""
    return (command(f"{stream}.provisioning", "infra.provisioning", str(declaration.resolve())),)


def workers(declaration: Path, stream: str, size: Size) -> tuple[Worker, ...]:
    """The processes of a stream, each by a name such as `flights.framer-0`.

    The declaration's path is made absolute, since the supervisor has a folder of its own.
    """
    path = str(declaration.resolve())
    return (
        *(_instance(stream, "frame", f"framer-{i}", path) for i in range(size.framers)),
        *(_instance(stream, "score", f"scorer-{i}", path) for i in range(size.scorers)),
        command(f"{stream}.warehouse", "consumers", "warehouse", path, *FREE_PORT, nice=LATER, env=ONE_THREAD),
        command(f"{stream}.evaluator", "consumers", "evaluator", path, *FREE_PORT, nice=LATER, env=ONE_THREAD),
        command(f"{stream}.retrainer", "consumers", "retrainer", path, *FREE_PORT),
        command(f"{stream}.exporter", "consumers", "exporter", path, *FREE_PORT, nice=LATER, env=ONE_THREAD),
    )


def _instance(stream: str, stage: str, name: str, path: str) -> Worker:
    """One of several alike; the name stays the same over restarts, so that its partitions wait for it."""
    return command(f"{stream}.{name}", "streams", stage, path, "--instance", name, *FREE_PORT, env=ONE_THREAD)


def command(name: str, *words: str, nice: int = 0, env: Mapping[str, str] | None = None) -> Worker:
    """`python -m WORDS...` under this name; the supervisor tells it the servers and the home folder."""
    return Worker(name=name, argv=(sys.executable, "-m", *words), env=dict(env or {}), nice=nice)
