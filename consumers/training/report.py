"""What is told of how a version is served: bytes, microseconds per 1,000 rows and loss, for its run and decisions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from consumers.training.compress import Weighed
from consumers.training.importance import Importance
from consumers.training.timing import SIZES
from consumers.training.ways import Choice
from infra import bundle
from schemas.apart import apart
from schemas.messages import Figures
from schemas.reference import Contract

NONE = "none"
PARAM = 5_000
"""Characters that MLflow keeps of a parameter."""
IMPORTANCE = "importance"


def metrics(choice: Choice, folder: Path) -> dict[str, float]:
    """Of the way that serves, and of each that was compared; `folder` holds the version's files.

    Where two sizes of a call were timed, the figure is the larger call's.
    """
    model = (folder / bundle.MODEL).stat().st_size
    sizes = {name: len(way.content) if way.content else model for name, way in choice.ways.items()}
    found = {"serving_bytes": float(sizes[choice.name]), "serving_us_per_1000_rows": _us(choice, choice.name)}
    for name, way in choice.ways.items():
        plain = name.replace("-", "_")
        found |= {f"bytes_{plain}": float(sizes[name]), f"us_per_1000_rows_{plain}": _us(choice, name)}
        found |= {f"score_difference_{plain}": way.difference}
    return found


def params(choice: Choice) -> dict[str, str]:
    """Which way serves, and why others do not."""
    return {"served_by": choice.name} | {f"not_by.{name}": why for name, why in choice.faults.items()}


def segments(made: Contract, names: Sequence[str]) -> dict[str, str]:
    """By which values the version is judged, where it is declared to be."""
    return {"segments": ". ".join(apart(made, names))[:PARAM]} if names else {}


def losses(weighed: Weighed | None) -> dict[str, float]:
    """The out-of-fold log-loss of each variant of the recipe, and of the recipe as it was trained."""
    if weighed is None or not weighed.losses:
        return {}
    found = {f"log_loss_{name.replace(' ', '_')}": loss for name, loss in weighed.losses.items()}
    return found | {"log_loss_uncompressed": weighed.whole}


def variant(weighed: Weighed | None) -> str:
    """The variant that stands for the recipe."""
    return (weighed and weighed.chosen) or NONE


def sentence(found: dict[str, float], told: dict[str, str]) -> str:
    """For a decision's reason: what serves, how fast, how large."""
    if "served_by" not in told:
        return ""
    us, size = found["serving_us_per_1000_rows"], found["serving_bytes"]
    small = "" if told["compressed"] == NONE else f", {told['compressed']}"
    return f"; served by {told['served_by']}{small}: {us:,.0f} us per 1,000 rows, {size:,.0f} bytes"


def importance(found: Mapping[str, Importance]) -> dict[str, float]:
    """For the run: of each feature the increase of log-loss without it, and its standard deviation over repeats."""
    means = {f"{IMPORTANCE}/{name}": one.mean for name, one in found.items()}
    return means | {f"{IMPORTANCE}_std/{name}": one.std for name, one in found.items()}


def figures(found: dict[str, float], told: dict[str, str]) -> Figures:
    """For a decision: the metrics but those of single features, and which way and variant serve."""
    own = {name: value for name, value in found.items() if not name.startswith(IMPORTANCE)}
    return {**own, **{name: told[name] for name in ("served_by", "compressed") if name in told}}


def _us(choice: Choice, name: str) -> float:
    return round(choice.times[name][max(SIZES)], 1)
