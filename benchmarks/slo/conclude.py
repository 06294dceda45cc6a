"""Episodes -> figures: how many were told, after how many samples and how long; and what was told without a shift."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.slo.episodes import CLEAR, Episode
from benchmarks.slo.heard import Heard
from benchmarks.slo.sender import Sender
from benchmarks.slo.stream import CALM, KINDS, PANE_S

GOAL_S = 5.0
"""p99 from the deciding sample, sent, to the record in `drift-events`, read."""
SURE = KINDS[2:]
"""Kinds of shifts that must all be told within the limit; a mean moved by .25 sd is near what is tolerated."""
LONGEST = 8
"""Panes of the longest window."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What happened on one stream."""

    sender: Sender
    heard: Sequence[Heard]
    episodes: Sequence[Episode]


@dataclass(frozen=True, slots=True)
class Delay:
    """From the first shifted sample: `samples` until the end of the pane that decided, `event_s` and `wall_s`.

    `deciding_s` is from sending the sample that completed that pane to reading the event, `after_end_s` from the end of
    the pane; `named`: the feature that was shifted is among those that the event names, `first`: as the first.
    """

    kind: str
    samples: int
    event_s: float
    wall_s: float
    deciding_s: float
    after_end_s: float
    named: bool
    first: bool


def delays(watched: Watched) -> list[Delay]:
    """Of the shifts that were told."""
    return [_delay(watched.sender, one, *one.told) for one in watched.episodes if one.told and one.shift.kind != CALM]


def _delay(sender: Sender, one: Episode, at: float, event: Any) -> Delay:
    end, names = event.event_time, [moved.feature for moved in event.shifts]
    until = min(one.last, next(i for i in range(one.first, sender.count + 1) if sender.time_ms(i) >= end))
    return Delay(
        one.shift.kind,
        until - one.first,
        (end - one.first_ms) / 1000,
        at - sender.sent[one.first],
        at - sender.sent[sender.deciding(end)],
        at - end / 1000,
        one.shift.feature in names,
        names[0] == one.shift.feature,
    )


def false_alarms(watched: Watched) -> list[str]:
    """Sentences of incidents that were opened while no window held a shifted sample."""
    shifted = [one for one in watched.episodes if one.shift.kind != CALM]
    return [
        event.sentence
        for _, event in watched.heard
        if event.kind == "opened"
        and not any(one.first_ms < event.event_time <= one.last_ms + CLEAR * PANE_S * 1000 for one in shifted)
    ]


def calm_panes(watched: Watched) -> int:
    """Panes that ended while no window held a shifted sample."""
    shifted = sum(
        (one.last_ms - one.first_ms) / 1000 / PANE_S + LONGEST for one in watched.episodes if one.shift.kind != CALM
    )
    return round((watched.sender.time_ms(watched.sender.count) / 1000 - watched.sender.start) / PANE_S - shifted)


def figures(all_: Sequence[Watched]) -> dict[str, Any]:
    """What is kept, and under `missed` the goals not met."""
    found = [delay for one in all_ for delay in delays(one)]
    alarms = [sentence for one in all_ for sentence in false_alarms(one)]
    kinds = [_kind(kind, all_, [delay for delay in found if delay.kind == kind]) for kind in KINDS[1:]]
    deciding = _spread([delay.deciding_s for delay in found])
    return {
        "samples": sum(one.sender.count for one in all_),
        "episodes": sum(len(one.episodes) for one in all_),
        "controls": sum(episode.shift.kind == CALM for one in all_ for episode in one.episodes),
        "calm_panes": sum(map(calm_panes, all_)),
        "false_alarms": alarms,
        "goal_deciding_s": GOAL_S,
        "deciding_s": deciding,
        "after_end_s": _spread([delay.after_end_s for delay in found]),
        "kinds": kinds,
        "all_deciding_s": sorted(round(delay.deciding_s, 3) for delay in found),
        "missed": _missed(kinds, deciding, alarms),
    }


def _kind(kind: str, all_: Sequence[Watched], found: Sequence[Delay]) -> dict[str, Any]:
    return {
        "kind": kind,
        "shifts": sum(episode.shift.kind == kind for one in all_ for episode in one.episodes),
        "told": len(found),
        "named": sum(one.named for one in found),
        "named_first": sum(one.first for one in found),
        "samples": _spread([one.samples for one in found], 0),
        "event_s": _spread([one.event_s for one in found]),
        "wall_s": _spread([one.wall_s for one in found]),
        "all_samples": sorted(one.samples for one in found),
    }


def _spread(values: Sequence[float], digits: int = 3) -> dict[str, float] | None:
    if not values:
        return None
    p50, p90, p99, most = (round(float(one), digits) for one in np.quantile(values, (0.5, 0.9, 0.99, 1)))
    return {"p50": p50, "p90": p90, "p99": p99, "max": most}


def _missed(kinds: Sequence[dict[str, Any]], deciding: dict[str, float] | None, alarms: Sequence[str]) -> list[str]:
    found = [f"{one['kind']}: {one['told']} of {one['shifts']} told, goal all" for one in kinds
             if one["kind"] in SURE and one["told"] < one["shifts"]]  # fmt: skip
    if deciding is None or deciding["p99"] >= GOAL_S:
        found.append(f"p99 from the deciding sample to the event {deciding and deciding['p99']} s, goal below {GOAL_S}")
    return found + [f"false alarm: {sentence}" for sentence in alarms]
