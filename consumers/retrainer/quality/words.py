"""A broken column in words: what was seen, against what was usual, and what to do."""

from collections.abc import Sequence

from consumers.retrainer.quality.observed import AGREEMENT, CLASS, COVERAGE, REJECTS, REPEATS
from consumers.retrainer.quality.rules import Mark
from consumers.retrainer.quality.stretch import Stretch
from schemas.duration import day

SUBJECTS = {REPEATS: "repeated", COVERAGE: "without a label although it was due", REJECTS: "rejected"}
_KINDS = {
    "missing": "missing",
    "constant": "constant",
    "new": "all new",
    "unit": "in another unit",
    "reversed": "turned round",
}


def title(broken: Sequence[Stretch]) -> str:
    """What is broken, so short that it names the reason: "temperature missing and 7 more"."""
    first, more = broken[0], len(broken) - 1
    name = f"samples {SUBJECTS[first.column]}" if first.column in SUBJECTS else f"{_name(first)} {_KINDS[first.kind]}"
    return name if not more else f"{name} and {more} more"


def sentence(one: Stretch) -> str:
    """What was seen since when, where what was usual."""
    since = f"from {day(one.start)} on" if one.open else f"from {day(one.start)} until {day(one.end)}"
    mark = one.mark
    if one.column in SUBJECTS:
        return (
            f"{_share(mark.value)} of the samples {since} are {SUBJECTS[one.column]}, where {_shares(mark)} were usual"
        )
    if one.kind == "missing":
        return (
            f"{_name(one)} is missing in {_share(mark.value)} of the samples {since}, where {_shares(mark)} were usual"
        )
    if one.kind == "new":
        return f"{_share(mark.value)} of the values of {_name(one)} {since} are new, where {_shares(mark)} were usual"
    if one.kind == "reversed":
        return (
            f"the label goes against the scores {since} (correlation {mark.value:.2f}), where it went with them "
            f"({mark.low:.2f} to {mark.high:.2f}): it looks flipped"
        )
    if one.kind == "constant":
        return f"{_name(one)} has one value only {since}, {mark.value:.6g}, where it used to vary"
    return (
        f"{_name(one)} has a mean of {mark.value:.4g} {since}, where {mark.low:.4g} to {mark.high:.4g} were usual: "
        f"it looks like {mark.words}"
    )


def told(broken: Sequence[Stretch]) -> str:
    """For a data incident: everything that is broken, and what to do."""
    return f"{'; '.join(map(sentence, broken))}. {advice(broken)}."


def advice(broken: Sequence[Stretch]) -> str:
    """What to do while it is broken."""
    return (
        "Mend what produces it; nothing is trained until it is right again. If it is right as it is, say so in the "
        f'declaration, [retrain] trusted_from = "{day(broken[0].start)[:10]}", and start the retrainer again'
    )


def _name(one: Stretch) -> str:
    return "the label" if one.column in (CLASS, AGREEMENT) else one.column


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _shares(mark: Mark) -> str:
    low, high = _share(mark.low), _share(mark.high)
    return high if low == high else f"{low[:-2]} to {high}"
