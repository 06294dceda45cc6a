"""`python -m benchmarks.shuffled`: nothing happens in a year that was shuffled in time; what says who?

Judges the flights year and SHUFFLES years made of its rows in another order, each by a version trained on its own
first days; beside it the usual rules on the same panes. Writes results/shuffled.json and docs/shuffled.png.
"""

import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import result
from benchmarks.shuffled.judged import Verdict, judge
from benchmarks.shuffled.year import year
from infra.cli.demo.plan import HISTORY_DAYS, YEAR
from producers.flights import flights
from schemas.declaration import load
from schemas.duration import day
from streams.hindsight import picture
from streams.hindsight.command import ALPHA, PSI

SHUFFLES = 5
DECLARATION, PICTURE = Path("flights.toml"), Path(__file__).parents[2] / "docs" / "shuffled.png"
START = int((YEAR + timedelta(days=HISTORY_DAYS)).timestamp() * 1000)
Verdicts = dict[str, Verdict]


def measure() -> Verdicts:
    """The verdicts on each year, by its name."""
    declaration = load(DECLARATION)
    real = year(flights(declaration))
    years = {"the year": real} | {f"shuffled, seed {seed}": real.shuffled(seed) for seed in range(SHUFFLES)}
    return {name: judge(declaration, one, START) for name, one in years.items()}


def figures(found: Verdicts, seconds: float) -> dict[str, Any]:
    """What is kept; `missed` names each shuffled year with an incident."""
    alarmed = [
        f"{name}: {len(one.incidents)} incidents, goal 0" for name, one in _shuffled(found).items() if one.incidents
    ]
    silent = [] if found["the year"].incidents else ["the year itself: no incident, though its seasons change"]
    return {
        "alpha": ALPHA, "psi": PSI, "seconds": round(seconds, 1),
        "worth": [asdict(one) for one in found["the year"].worth],
        "years": [_figures(name, one) for name, one in found.items()],
        "missed": alarmed + silent,
    }  # fmt: skip


def _shuffled(found: Verdicts) -> Verdicts:
    return {name: one for name, one in found.items() if name != "the year"}


def _figures(name: str, one: Verdict) -> dict[str, Any]:
    return {
        "name": name, "panes": one.panes, "tests": one.tests, "incidents": len(one.incidents),
        "panes_with_any_p_below_alpha": len(one.by_p), "panes_with_any_psi_above": len(one.by_psi),
        "opened": [{"from": day(i.start), "to": i.stop and day(i.stop), "what": i.sentence} for i in one.incidents],
    }  # fmt: skip


def draw(found: Verdicts) -> None:
    """A line a rule and year: the usual rules' panes in grey, our incidents in blue."""
    pane = (next(iter(found.values())).until - START) // next(iter(found.values())).panes
    usual = {
        f"{name}: any {rule}": [(end - pane, end) for end in ends]
        for rule, key in ((f"p < {ALPHA}", "by_p"), (f"PSI > {PSI}", "by_psi"))
        for name, one in found.items()
        for ends in [getattr(one, key)]
    }
    ours = {
        f"{name}: incidents": [(i.start, i.stop or one.until) for i in one.incidents] for name, one in found.items()
    }
    until = max(one.until for one in found.values())
    picture.draw(PICTURE, "A year of flights, and the same year shuffled in time: alarms", usual, ours, (START, until))


def main() -> None:
    """Measures, draws, keeps the result."""
    began = time.monotonic()
    found = measure()
    draw(found)
    result.keep("shuffled", figures(found, time.monotonic() - began))


if __name__ == "__main__":
    main()
