"""What is decided of a version that scores beside the champion: to promote it, to turn it down, or to go on."""

from dataclasses import dataclass
from typing import Literal

from consumers.retrainer.sequential import LEVEL, Weighed
from schemas.duration import words
from schemas.messages import Figures

ROWS = 100
"""Fewer labelled rows than this are called too few; the point estimate decides all the same."""


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What is to be done, and why."""

    verdict: Literal["promote", "reject"]
    reason: str


def judge(found: Weighed, minimum: float, length: int, *, over: bool, gated: bool) -> Shadowed | None:
    """None is to go on.

    Args:
        found: the version against the champion on the panes of its shadow.
        minimum: the gain in nats that the point estimate must be above.
        length: of the shadow, in milliseconds of event time.
        over: whether it has passed.
        gated: whether the gate was passed just before, so that it decides where nothing is labelled.
    """
    if found.verdict == "better":
        return Shadowed("promote", f"better beyond doubt in shadow: {figures(found)}")
    if found.verdict == "worse":
        return Shadowed("reject", f"worse beyond doubt in shadow: {figures(found)}")
    if not over:
        return None
    if found.gain is None:
        why = f"too few labels: after {words(length)} in shadow no pane is labelled that both scored whole"
        word = (
            "the gate was passed, and decides" if gated else "nothing speaks for it; `--force` promotes it all the same"
        )
        return Shadowed("promote" if gated else "reject", f"{why}; {word}")
    few = f"too few labels ({found.rows} rows) to be sure; " if found.rows < ROWS else ""
    better = found.gain > minimum
    reason = f"{few}after {words(length)} in shadow the mean gain decides: {figures(found)}"
    return Shadowed("promote" if better else "reject", f"{reason}, {'above' if better else 'not above'} {minimum:g}")


def figures(found: Weighed) -> str:
    """The evidence in words."""
    gain = "unknown" if found.gain is None else f"{found.gain:+.4f}"
    return (
        f"gain {gain} on {found.rows} labelled rows in {found.panes} panes; evidence that it is better "
        f"{found.better:.3g}, worse {found.worse:.3g}, beyond doubt from {1 / LEVEL:g}"
    )


def as_figures(found: Weighed) -> Figures:
    """The evidence for a decision's figures."""
    return {
        "gain": found.gain, "rows": found.rows, "panes": found.panes,
        "evidence_better": found.better, "evidence_worse": found.worse,
    }  # fmt: skip
