"""`python -m fuzz.cost`: a frame with bad records against its good ones and its bad ones in frames of their own."""

import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks import result
from fuzz.samples import START, STEP_MS
from fuzz.stream import Model, contract, declaration
from schemas.frame import Frame
from schemas.messages import ModelRef
from schemas.position import Position
from streams.recent import RecentIds
from streams.score import Partition, Scorer, Serving, Stage

RECORDS, ROUNDS = 4_000, 9
SHARES = (0.00025, 0.01, 0.1, 0.5)
GOAL = 1.1
"""The mixed frame takes at most so many times what its parts take apart: timing itself is not more exact."""
REF = ModelRef(version=1, run_id="", model_sha256="", contract_sha256="", trained_until=0)
BAD: dict[str, Callable[[int], bytes | None]] = {
    "no value": lambda _: None,
    "not JSON": lambda i: good(i)[:-1],
    "wrong type": lambda i: good(i).replace(b"true", b'"true"'),
    "out of range": lambda i: good(i).replace(b"12.5", b"99.5"),
    "field not declared": lambda i: good(i).replace(b'"at"', b'"more":1,"at"'),
    "bad id": lambda i: good(i).replace(b'"s-', b'"\\u0000'),
    "bad time": lambda i: good(i).replace(b'"at":17', b'"at":99'),
}


def good(i: int) -> bytes:
    """The i-th valid sample."""
    features = b'"amount":%d.5,"balance":-3.25,"temperature":12.5,"quantity":%d,"country":"at","member":true'
    return b'{"id":"s-%09d","at":%d,"features":{%b}}' % (i, START + i * STEP_MS, features % (i % 900, i % 100))


def frame(values: list[bytes | None]) -> Frame:
    """One of these."""
    n = len(values)
    return Frame(0, 0, 0, list(range(n)), [START + i * STEP_MS for i in range(n)], [None] * n, values)


def figures(seed: int = 1) -> dict[str, Any]:
    """By kind and share: microseconds of the mixed frame, and as a multiple of its parts."""
    stage, serving = Stage(declaration()), Serving(Scorer(declaration(), Model(REF, contract())))
    _timed(stage, serving, frame([good(i) for i in range(RECORDS)]))  # the first frames are slow: memory and caches
    rows: list[dict[str, Any]] = []
    for kind, bad in BAD.items():
        for share in SHARES:
            chosen = set(random.Random(seed).sample(range(RECORDS), max(1, round(share * RECORDS))))
            mixed = frame([bad(i) if i in chosen else good(i) for i in range(RECORDS)])
            parts = frame([good(i) for i in range(RECORDS) if i not in chosen]), frame([bad(i) for i in sorted(chosen)])
            whole, apart = _timed(stage, serving, mixed, *parts)
            rows.append(
                {"kind": kind, "bad": len(chosen), "us": round(whole), "times_its_parts": round(whole / apart, 3)}
            )
    missed = [
        f"{row['bad']} of {RECORDS}, {row['kind']}: {row['times_its_parts']} times its parts, goal {GOAL}"
        for row in rows
        if row["times_its_parts"] > GOAL
    ]
    return {"records": RECORDS, "goal_times_its_parts": GOAL, "rows": rows, "missed": missed}


def _timed(stage: Stage, serving: Serving, mixed: Frame, *parts: Frame) -> tuple[float, float]:
    """CPU microseconds of the mixed frame and of its parts, the medians of rounds taken in turn."""
    whole, apart = [], []
    for _ in range(ROUNDS):
        whole.append(_once(stage, serving, mixed))
        apart.append(sum(_once(stage, serving, part) for part in parts))
    return median(whole), median(apart)


def _once(stage: Stage, serving: Serving, given: Frame) -> float:
    state = Partition(0, Position(), RecentIds())
    begun = time.process_time()
    stage.apply(state, given, serving)
    return (time.process_time() - begun) * 1e6


if __name__ == "__main__":
    result.keep("bad-records", figures())
