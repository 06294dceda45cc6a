"""`python -m benchmarks.calibrate`: how often verdicts are false, and how soon they come; beside peers' defaults.

Writes results/calibrate.json and docs/calibrate.png.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from rich.progress import track

from benchmarks import result
from benchmarks.calibrate import beside, picture, power, size
from benchmarks.calibrate.product import ALLOWED, ALONE, DEFAULTS
from benchmarks.calibrate.worlds import CHANGES

SEED = 1
REFERENCE = 10_000
SETTINGS = {"significance alone": ALONE, "default tolerance and budget": DEFAULTS}
CORES = 2
T = TypeVar("T")
R = TypeVar("R")


def measure() -> dict[str, Any]:
    """Every case, product and peers."""
    cases = [(world, SEED) for world in size.cases()]
    tried = [(change, pane, name) for name in SETTINGS for pane in (200, 1_000) for change in CHANGES]
    return {
        "allowed": ALLOWED,
        "panes": size.REFERENCES * size.PANES,
        "references": size.REFERENCES,
        "size": [_size(one) for one in _all(_measured, cases, "false alarms")],
        "streams": power.TIMES,
        "reference": REFERENCE,
        "power": list(_all(_power, tried, "power")),
        "peers": list(beside.measure(REFERENCE)),
    }


def _all(do: Callable[[T], R], cases: Iterable[T], what: str) -> Iterator[R]:
    with ProcessPoolExecutor(CORES) as pool:
        cases = list(cases)
        yield from track(pool.map(do, cases), what, len(cases))


def _measured(case: tuple[Any, int]) -> size.Size:
    return size.measure(*case)


def _size(one: size.Size) -> dict[str, Any]:
    return asdict(one.world) | {"panes": one.panes, "alarms": one.alarms, "most": one.most}


def _power(case: tuple[str, int, str]) -> dict[str, Any]:
    change, pane, name = case
    found = power.measure(change, pane, REFERENCE, SETTINGS[name])
    return {
        "settings": name,
        "change": change,
        "pane": pane,
        "early": found.early,
        "detected": len(found.delays) / found.streams,
        "delay": float(np.median(found.delays)) if found.delays else None,
    }


def missed(found: dict[str, Any]) -> list[str]:
    """The cases with more false alarms than the budget's binomial interval holds."""
    return [
        f"{one['kind']}, {one['pane']} a pane, reference {one['reference']}, {one['columns']} columns: "
        f"{one['alarms']} false alarms, at most {one['most']} are within the budget"
        for one in found["size"]
        if one["alarms"] > one["most"]
    ]


def main() -> None:
    """Measures, draws, keeps the result."""
    found = measure()
    picture.draw(found)
    result.keep("calibrate", found | {"missed": missed(found)})


if __name__ == "__main__":
    main()
