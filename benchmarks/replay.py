"""`make bench-replay`: the flights year at full speed through a whole deployment, to committed predictions."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import result
from infra import balance, embedded, offsets
from infra.cli.demo import plan, run
from infra.cli.demo.plan import Options
from infra.settings import Settings
from schemas.declaration import load
from schemas.topics import Topics

HOME = Path(".leeway/bench-replay")
GOAL = 20_000
"""Samples a second through to `predictions`, everything running on two cores."""
PATIENCE_S = 300


def measure() -> dict[str, object]:
    """One run on fresh servers: figures, and under `missed` the goals that it did not meet."""
    options = Options(home=HOME, declaration=Path("flights.toml"), days=365, speed=0, plain=True, keep=False)
    declaration = load(options.declaration)
    endpoints = embedded.up(
        HOME,
        setup=plan.setup(options, declaration.name),
        workers=plan.processes(options, declaration.name),
        kafka_port=0,
        mlflow_port=0,
        fresh=True,
        on_progress=print,
    )
    try:
        settings = Settings(
            kafka=endpoints.kafka, postgres=endpoints.postgres, mlflow=endpoints.mlflow, home=HOME.absolute()
        )
        running(settings, declaration.name, declaration.stream.partitions)
        samples, seconds = timed(settings, declaration.name)
    finally:
        embedded.down(HOME)
    rate = samples / seconds
    return {
        "samples": samples,
        "seconds": round(seconds, 2),
        "samples_per_second": round(rate),
        "goal_samples_per_second": GOAL,
        "missed": [] if rate >= GOAL else [f"{rate:.0f} samples/s, goal {GOAL}"],
    }


def running(settings: Settings, stream: str, partitions: int) -> None:
    """Returns when every partition is served, and everyone who reads along has taken up its work."""
    topics = Topics(stream)
    readers = [f"{stream}.{name}" for name in ("warehouse", "evaluator", "retrainer")]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        served = balance.lanes(settings.kafka, topics, range(partitions))
        if len(served) == partitions and len(offsets.lags(settings.kafka, readers)) == len(readers):
            return
        time.sleep(0.5)
    raise TimeoutError(f"not all workers are up after {PATIENCE_S} s; logs: {HOME}/logs")


def timed(settings: Settings, stream: str) -> tuple[int, float]:
    """Samples sent, and seconds from the first one in `samples` to the last one's committed prediction."""
    topics = Topics(stream)
    replay = subprocess.Popen(
        [sys.executable, "-m", "producers", "replay", "flights.toml", plan.DATA], env=run.environment(settings)
    )
    started: float | None = None
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ends = offsets.ends(settings.kafka, topics.samples)
        sent = sum(end for _, end in ends.values())
        now = time.monotonic()
        started = now if started is None and sent else started
        if started is not None and replay.poll() is not None:
            done = sum(lane.next for lane in balance.lanes(settings.kafka, topics, list(ends)).values())
            if done >= sent:
                return sent, time.monotonic() - started
        time.sleep(0.1)
    replay.kill()
    raise TimeoutError(f"not through in {PATIENCE_S} s; logs: {HOME}/logs")


def main() -> None:
    """Measures and keeps the result."""
    result.keep("replay", measure())


if __name__ == "__main__":
    main()
