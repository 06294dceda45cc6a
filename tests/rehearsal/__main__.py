"""`python -m rehearsal`: faults, the alerts that they set off and that end after them, and a calm time with none.

Writes benchmarks/results/alerts.json and docs/alerts.md.
"""

import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from benchmarks import result
from rehearsal import page
from rehearsal.delivery import delivered
from rehearsal.faults import AT_FIRST, IN_TURN, NO_MODEL, NOT_REHEARSED, TOGETHER, Fault
from rehearsal.place import HISTORY, START_MS, STEP_MS, STREAM, Place, running, say, until
from rehearsal.traffic import RATE, Traffic
from rehearsal.watch import Watch
from support.boards import asked, fault

LIMIT_S, RESOLVE_S, CALM_S, SETTLE_S = 300.0, 420.0, 60.0, 240.0
WORKERS = 6
CHOSEN = {"stream": STREAM, "model": "1", "feature": "x0", "segment": "city", "panes": "90"}


class Rehearsal:
    """Goes through the faults and notes when each began and ended."""

    def __init__(self, place: Place, traffic: Traffic, watch: Watch) -> None:
        self._place, self._traffic, self._watch = place, traffic, watch
        self._times: list[tuple[Fault, float, float]] = []

    def together(self, faults: Sequence[Fault], since: float | None = None) -> None:
        """Begins all of them (or `since` then they are there), and ends each when its alerts fire.

        An alert that fires already would be taken for theirs, so its end is waited for.
        """
        theirs = {alert for one in faults for alert in one.alerts}
        if since is None and until(lambda: not self._place.firing() & theirs, RESOLVE_S) is None:
            say(f"  fires already: {self._place.firing() & theirs}")
        open_ = {one.name: (one, since or self._begin(one)) for one in faults}
        deadline = time.monotonic() + LIMIT_S
        while open_ and time.monotonic() < deadline:
            for one, began in list(open_.values()):
                if all(self._watch.fired(alert, began) is not None for alert in one.alerts):
                    self._end(one, began)
                    del open_[one.name]
            time.sleep(1)
        for one, began in open_.values():
            say(f"  no alert in time: {one.name}")
            self._end(one, began)

    def _begin(self, one: Fault) -> float:
        say(f"fault: {one.name}")
        began = time.monotonic()
        one.begin(self._place, self._traffic)
        return began

    def _end(self, one: Fault, began: float) -> None:
        self._times.append((one, began, time.monotonic()))
        one.end(self._place, self._traffic)
        say(f"ended: {one.name}")

    def rows(self) -> list[dict[str, object]]:
        """Fault, alert, seconds to fire and to end."""
        return [
            {
                "fault": one.name,
                "alert": alert,
                "fired_s": _rounded(self._watch.fired(alert, began)),
                "resolved_s": _rounded(self._watch.silent(alert, ended)),
            }
            for one, began, ended in self._times
            for alert in one.alerts
        ]


def rehearse(place: Place, traffic: Traffic, watch: Watch) -> dict[str, object]:
    """All of it; the figures."""
    found, began = Rehearsal(place, traffic, watch), time.monotonic()
    up = until(lambda: len(place.ask("up == 1")) == WORKERS, SETTLE_S)
    say(f"all workers were scraped after {up} s")
    for one in AT_FIRST:
        found.together([one])
    found.together([NO_MODEL], since=began)
    settled = until(lambda: not place.firing() - {"LeewayRestarting"}, SETTLE_S)
    say(f"calm, settled after {settled} s")
    start = time.monotonic()
    time.sleep(CALM_S)
    calm = watch.between(start, time.monotonic())
    say(f"in the calm time fired: {calm or 'none'}")
    for one in IN_TURN:
        found.together([one])
    until(lambda: not boards(place), SETTLE_S)  # by now there was a retrain, and every panel has something to show
    unanswered = boards(place)
    say(f"panels without an answer: {unanswered or 'none'}")
    found.together(TOGETHER)
    traffic.times = 4
    until(lambda: not place.firing(), RESOLVE_S)
    rows = found.rows()
    missed = [f"{row['alert']}: {row['fault']}" for row in rows if row["fired_s"] is None or row["resolved_s"] is None]
    missed += [f"{name} fired while nothing was wrong" for name in sorted(calm - {"LeewayRestarting"})]
    missed += [f"no answer for the panel {one}" for one in unanswered]
    return {"rows": rows, "calm_s": CALM_S, "calm": sorted(calm), "panels": len(list(asked())), "missed": missed}


def boards(place: Place) -> list[str]:
    """Panels of which a query, with its variables filled in, gives nothing that the panel could draw."""
    found = []
    with psycopg.connect(place.endpoints.postgres, autocommit=True) as connection:
        for one in asked():
            if one.of_postgres:
                given = connection.execute(one.filled(CHOSEN).encode())
                why = fault(one.kind, [column.name for column in given.description or ()], given.fetchall())
            else:
                why = "" if place.ask(one.filled(CHOSEN)) or one.kind == "annotation" else "no series"
            found += [f"{one}: {why}"] if why else []
    return found


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def main() -> None:
    """Rehearses, keeps the result, writes the page."""
    began = time.monotonic()
    with running() as place:
        traffic = Traffic(place.endpoints.kafka, place.topics, START_MS + HISTORY * STEP_MS)
        watch = Watch(place.firing)
        watch.open()
        traffic.open()
        try:
            figures = rehearse(place, traffic, watch) | {"delivery": delivered(place.home)}
        finally:
            traffic.close()
            watch.close()
    found = figures | {
        "not_rehearsed": NOT_REHEARSED,
        "rate": RATE,
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "took_s": round(time.monotonic() - began),
        "machine": f"{platform.system()}, Python {platform.python_version()}",
    }
    result.keep("alerts", found)
    page.write(found)


if __name__ == "__main__":
    main()
