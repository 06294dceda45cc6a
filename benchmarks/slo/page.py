"""docs/slo.md, from the figures of `make slo` alone; a contract test compares the text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance import table

PAGE = Path(__file__).parents[2] / "docs" / "slo.md"
TEXT = """# How soon a shift is told

Written by `make slo` from `benchmarks/results/slo.json`; not to be edited.

{episodes} episodes on {streams} streams side by side, {samples:,} samples, through a real Kafka and the framers and
scorers that `leeway up` starts. Each stream gets {rate} samples a second, whose event time is the clock on the wall; a
pane is {pane_s} s ({in_pane} samples) of {partitions} partitions, and is complete {lateness_ms} ms after its end. Drift
is judged over 1, 2, 4 and 8 panes, tolerance {tolerance}, everything else as a declaration has it by default. A shift
begins anywhere in a pane and lasts until it is told, at most {limit} panes; then the stream is calm until all windows
have forgotten it.

![distribution](slo.png)

## Once a pane is complete

From sending the sample that completes the pane which decides to reading the event, opened, in `drift-events`. Goal:
p99 below {goal_deciding_s:g} s.

{verdicts}
## From the beginning of a shift

Named: the shifted feature is among those that the event names; in brackets, as the first of them. Persistence is part
of the delay: a verdict takes two windows that share no sample.

{kinds}
{slow}

## Nothing happens

{controls} control episodes of {limit} panes, and the calm between shifts: {calm_panes:,} panes without a shifted sample
in any window, {alarms} false alarms.

## Goals missed

{missed}
<sub>{at} UTC, {took_s:,.0f} s, {machine}</sub>
"""


def text(found: Mapping[str, Any]) -> str:
    """The page."""
    return TEXT.format(
        **{key: value for key, value in found.items() if key not in ("kinds", "missed")},
        in_pane=found["rate"] * found["pane_s"],
        verdicts=_verdicts(found),
        kinds=_kinds(found["kinds"]),
        slow=_slow(found["kinds"]),
        alarms=len(found["false_alarms"]),
        missed="".join(f"- {one}\n" for one in found["missed"]) or "None.\n",
    )


def write(found: Mapping[str, Any]) -> None:
    """Into docs/."""
    PAGE.write_text(text(found))


QUANTILES = ("p50", "p90", "p99", "max")


def _quantiles(spread: Mapping[str, float] | None) -> list[float | None]:
    return [spread[name] if spread else None for name in QUANTILES]


def _verdicts(found: Mapping[str, Any]) -> str:
    rows = [
        ["deciding sample to event, s", *_quantiles(found["deciding_s"])],
        ["end of the pane to event, s", *_quantiles(found["after_end_s"])],
    ]
    return table(["", *QUANTILES], rows)


def _kinds(kinds: Sequence[Mapping[str, Any]]) -> str:
    heads = ["shift", "times", "told", "named", *(f"samples, {name}" for name in QUANTILES)]
    heads += [f"{what} s, {name}" for what in ("event time", "wall clock") for name in ("p50", "p99")]
    rows = [
        [kind["kind"], kind["shifts"], kind["told"], f"{kind['named']} ({kind['named_first']})",
         *(value if value is None else int(value) for value in _quantiles(kind["samples"])),
         *((kind[what] or {}).get(name) for what in ("event_s", "wall_s") for name in ("p50", "p99"))]
        for kind in kinds
    ]  # fmt: skip
    return table(heads, rows)


def _slow(kinds: Sequence[Mapping[str, Any]]) -> str:
    lost = [f"{one['kind']} ({one['shifts'] - one['told']})" for one in kinds if one["told"] < one["shifts"]]
    return f"Not told within the limit: {', '.join(lost)}." if lost else "Each of them was told within the limit."
