"""What a history proposes for [drift]: levels that steady columns rarely exceed, and columns that are not so."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from producers.rhythm import Rhythm
from producers.variation import Variation

RESTLESS = 2
"""A column is restless that moves more than so many times the median column, if that is counted as `low` at least."""
NAMED = 8
"""Columns that are named in a comment."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A level, the steady column that moves most and by how much, and the restless ones, what moves most first."""

    level: float
    most: tuple[str, float]
    restless: list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Levels that may be proposed: whole steps from `low` to `high`."""

    low: float
    high: float
    step: float

    def propose(self, moved: Mapping[str, float]) -> Proposal:
        """From how far each column moves, at least one."""
        ordered = sorted(moved.items(), key=lambda item: -item[1])
        limit = RESTLESS * max(ordered[len(ordered) // 2][1], self.low)
        steady = [item for item in ordered if item[1] <= limit]
        steps = math.ceil(round(steady[0][1] / self.step, 9))
        level = round(min(self.high, max(self.low, steps * self.step)), 9)
        return Proposal(level, steady[0], [item for item in ordered if item[1] > limit])


DISTANCES, SHARES = Scale(0.05, 0.3, 0.05), Scale(0.02, 0.1, 0.01)


def section(pace: Rhythm, found: Variation | None) -> str:
    """[drift]: what the history itself calls no drift, and what was found in it."""
    short = ["# Too short a history to tell how far its columns move without drift: tolerances are the defaults."]
    return "\n".join(
        [
            "[drift]",
            *(_proposed(found) if found else short),
            f'budget = "{pace.budget}"  # a model may have one false alarm in this time; `leeway drift` tells how many',
            f'reference = "{pace.reference}"  # the newest samples before training, that later ones are compared with',
        ]
    )


def _proposed(found: Variation) -> list[str]:
    """Lines of TOML. Where chance moves a column further at these sizes, that is its level."""
    chance = max(swing.chance for swing in found.swings)
    values = DISTANCES.propose({swing.name: max(swing.moved, swing.chance) for swing in found.swings})
    gaps = SHARES.propose({swing.name: swing.gaps for swing in found.swings})
    return [
        f"# {found.periods} periods of {found.period} were compared, each with the {found.before} before it or less.",
        "# Distances are from 0 to 1. In nine periods of ten no steady column moved by more than",
        f"# {values.most[1]:.3f} ({values.most[0]}); random parts of the same sizes were at most {chance:.3f} apart.",
        *_beyond(values, DISTANCES),
        f"tolerance = {values.level:g}  # the former rounded up: a distance that is worth no alarm",
        *_restless(values, "Distances"),
        f"share_tolerance = {gaps.level:g}  # of missing and new values: shares missing moved by {gaps.most[1]:.3f}",
        *_restless(gaps, "Shares missing"),
    ]


def _beyond(values: Proposal, scale: Scale) -> list[str]:
    if values.most[1] <= scale.high:
        return []
    return [
        "# More would leave little to notice. Does the history hold a change itself? Then propose from a part of it."
    ]


def _restless(values: Proposal, what: str) -> list[str]:
    """A comment that names columns that nobody should be woken up for."""
    if not values.restless:
        return []
    names = ", ".join(f"{name} {moved:.2f}" for name, moved in values.restless[:NAMED])
    more = f" and {len(values.restless) - NAMED} more" if len(values.restless) > NAMED else ""
    return [
        f"# {what} of restless columns were larger by far: {names}{more}.",
        "# They may be beyond it with nothing wrong. With watch=false in its section a column is left out.",
    ]
