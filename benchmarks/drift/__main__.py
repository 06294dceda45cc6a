"""`python -m benchmarks.drift`: everybody on the same events, then benchmarks/results/bench-drift.json and its page."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import result
from benchmarks.drift import memory, page
from benchmarks.drift.events import CASES, EVENTS, NAMES, REFERENCES, events
from benchmarks.drift.race import DEPLOYED, EXACT, Race

ENVIRONMENTS = Path(".leeway/bench/envs")
PEERS = {"Evidently": "evidently", "NannyML, KS alone": "nannyml", "alibi-detect, KS alone": "alibi"}
PROGRAMS = {"evidently": "evidently_report", "nannyml": "nannyml_univariate", "alibi": "alibi_ksdrift"}
QUIET = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1", "PYTHONWARNINGS": "ignore"}
ONE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ROUNDS = 3
PATIENCE_S = 300
MEMORY = 1.1
"""Counting a hundred times the events may take so many times the memory."""


def measure() -> dict[str, Any]:
    """The figures of a run, and under `missed` the goals that it did not meet."""
    began, grown = time.monotonic(), memory.grown()
    with tempfile.TemporaryDirectory(prefix="leeway-bench-") as folder:
        races = _races(Path(folder))
        versions, failed = _peers(Path(folder), races)
    cases = [race.figures() for race in races]
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "machine": f"{os.cpu_count()} shared cores, {platform.system()}, Python {platform.python_version()}",
        "took_s": round(time.monotonic() - began),
        "events": EVENTS,
        "features": len(NAMES),
        "rounds": ROUNDS,
        "cases": cases,
        "memory": grown,
        "versions": versions,
        "failed": failed,
        "missed": [*_missed(cases), *_larger(grown), *(f"{name}: {why}" for name, why in failed.items())],
    }


def _races(folder: Path) -> list[Race]:
    rng = np.random.default_rng(6)
    x, references = events(rng, EVENTS), {size: events(rng, size) for size in REFERENCES}
    np.save(folder / "events.npy", x)
    for size, reference in references.items():
        np.save(folder / f"reference-{size}.npy", reference)
    races = [Race(reference, window) for reference, window in CASES]
    for race in races:
        race.run(references[race.reference], x, ROUNDS)
        sys.stdout.write(f"{race.seconds}\n")
        sys.stdout.flush()
    return races


def _peers(folder: Path, races: list[Race]) -> tuple[dict[str, str], dict[str, str]]:
    """Adds what each peer takes to the races; their versions, and why one could not be measured."""
    versions, failed = {"numpy": np.__version__}, {}
    for name, environment in PEERS.items():
        try:
            found = _said(folder, environment)
        except (OSError, subprocess.SubprocessError) as error:
            failed[name] = f"could not be measured: {str(error).splitlines()[0]}"
            continue
        versions[name] = found["version"]
        for race, case in zip(races, found["cases"], strict=True):
            race.add(name, case["seconds"], case["windows"])
    return versions, failed


def _said(folder: Path, environment: str) -> dict[str, Any]:
    python, out = ENVIRONMENTS / environment / "bin" / "python", folder / f"{environment}.json"
    argv = [str(python), "-m", f"benchmarks.drift.peers.{PROGRAMS[environment]}", str(folder), str(out)]
    with (ENVIRONMENTS / f"{environment}.log").open("wb") as log:
        subprocess.run(argv, env={**os.environ, **QUIET, **ONE}, stdout=log, stderr=log, check=True, timeout=PATIENCE_S)
    found: dict[str, Any] = json.loads(out.read_bytes())
    return found


def _missed(cases: list[dict[str, Any]]) -> Iterator[str]:
    for case in cases:
        where = f"reference of {case['reference']:,}, windows of {case['window']:,}"
        for row in case["table"]:
            for name, ratio in ((DEPLOYED, row["ours_is"]), (EXACT, row["exact_is"])):
                if row["goal"] and ratio < row["goal"]:
                    yield f"{where}: {name}: {ratio} times as fast as {row['name']}, goal {row['goal']}"
        if case["equal"]["scipy"] < case["equal"]["of"]:
            yield f"{where}: {case['equal']['of'] - case['equal']['scipy']} distances are not those of scipy"


def _larger(grown: list[dict[str, float]]) -> Iterator[str]:
    first, last = grown[0], grown[-1]
    if last["peak_mb"] > first["peak_mb"] * MEMORY:
        yield f"memory: {last['peak_mb']} MB at {last['events']:,} events, {first['peak_mb']} at {first['events']:,}"


def main() -> None:
    """Measures, keeps, draws and writes."""
    found = measure()
    page.write(found)
    result.keep("bench-drift", found)


if __name__ == "__main__":
    main()
