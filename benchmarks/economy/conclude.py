"""Courses -> the figures of benchmarks/results/economy.json, and the goals that were missed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from benchmarks.economy.course import Course
from benchmarks.economy.measure import LEEWAY, NEVER, Measured, schedule

LOSS, RETRAINS = 0.4998, 8
"""The flights year: at most this loss with at most so many retrains."""
GAIN, PART = 0.95, 1 / 3
"""Drifting streams: this share of what a retrain a week gains, with this part of its retrains."""
HARM = 0.005
"""Benign and broken streams: never worse than the first version by more than this share of its loss."""


def figures(year: Measured, streams: Sequence[Measured], seconds: float) -> dict[str, Any]:
    """What is kept."""
    return {
        "seconds": round(seconds, 1),
        "fits_made": year.made + sum(one.made for one in streams),
        "flights": _world(year),
        "streams": [_world(one) for one in streams],
        "missed": [*_year_missed(year), *(goal for one in streams for goal in _stream_missed(one))],
    }


def weekly(one: Measured) -> Course:
    """A retrain every week, on the window that was better."""
    found = [course for course in one.courses if course.policy.startswith("every 7 ")]
    return min(found, key=lambda course: course.mean)


def share(one: Measured, course: Course) -> float:
    """Of what a retrain a week gains over the first version."""
    never = one.one(NEVER).mean
    return (never - course.mean) / (never - weekly(one).mean)


def _world(one: Measured) -> dict[str, Any]:
    return {
        "name": one.world, "drifts": one.drifts,
        "policies": [_course(one, course) for course in one.courses],
        "hindsight": [round(loss, 5) for loss in one.hindsight],
        "hindsight_on_all": [round(loss, 5) for loss in one.on_all],
        "dates": [_retrain(retrain) for retrain in one.one(LEEWAY).retrains],
    }  # fmt: skip


def _course(one: Measured, course: Course) -> dict[str, Any]:
    return {
        "policy": course.policy, "log_loss": round(course.mean, 5), "retrains": len(course.retrains),
        "promotions": course.promotions, "share_of_weekly_gain": round(share(one, course), 3),
        "hurt": hurt(one, course),
    }  # fmt: skip


def hurt(one: Measured, course: Course) -> int:
    """Promotions after which, until the next retrain, the first version would have lost less."""
    first, found = one.one(NEVER), 0
    pane = (one.until - one.start) // len(course.loss)
    places = [(retrain.at - one.start) // pane for retrain in course.retrains] + [len(course.loss)]
    for retrain, (begin, end) in zip(course.retrains, pairwise(places), strict=True):
        found += retrain.promoted and bool(course.loss[begin:end].sum() > first.loss[begin:end].sum())
    return found


def _retrain(retrain: Any) -> dict[str, Any]:
    return {"at": retrain.at, "why": retrain.why, "window": retrain.window, "promoted": retrain.promoted}


def _year_missed(year: Measured) -> list[str]:
    ours = year.one(LEEWAY)
    found = []
    if ours.mean > LOSS:
        found.append(f"flights: log-loss {ours.mean:.4f}, goal <= {LOSS}")
    if len(ours.retrains) > RETRAINS:
        found.append(f"flights: {len(ours.retrains)} retrains, goal <= {RETRAINS}")
    for course in year.courses:
        fixed = course.policy.endswith("on all history")
        if fixed and len(course.retrains) <= len(ours.retrains) and course.mean < ours.mean:
            found.append(f"flights: {course.policy} has {course.mean:.4f} with {len(course.retrains)} retrains")
    return found


def _stream_missed(one: Measured) -> list[str]:
    ours, never = one.one(LEEWAY), one.one(NEVER)
    if not one.drifts:
        worse = ours.mean / never.mean - 1
        return [f"{one.world}: {worse:+.2%} against the first version, goal <= {HARM:.1%}"] if worse > HARM else []
    found = []
    if share(one, ours) < GAIN:
        found.append(f"{one.world}: {share(one, ours):.0%} of the gain of a retrain a week, goal >= {GAIN:.0%}")
    most = PART * len(one.one(schedule(7, "recent")).retrains)
    if len(ours.retrains) > most:
        found.append(f"{one.world}: {len(ours.retrains)} retrains, goal <= {most:.0f}")
    return found
