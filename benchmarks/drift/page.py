"""Writes docs/drift-speed.md and its picture from benchmarks/results/bench-drift.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import result
from benchmarks.drift.race import DEPLOYED, EXACT, FOUND, GOAL_WINDOW, SORTED
from benchmarks.performance import table
from benchmarks.pictures import INK, OURS, STYLE, THEIRS

PAGE = Path(__file__).parents[2] / "docs" / "drift-speed.md"
PICTURE = PAGE.with_name("bench-drift.png")
SHOWN = 10_000
"""The reference of the picture."""


def text(found: Mapping[str, Any]) -> str:
    """The page."""
    parts = [_introduction(found), *(_case(case) for case in found["cases"]), _equal(found), _memory(found)]
    return "\n".join([*parts, _missed(found), _made(found)])


def _introduction(found: Mapping[str, Any]) -> str:
    events, features = f"{found['events']:,}", found["features"]
    return (
        f"# What drift costs\n\nAll of this is made by `make bench-drift`; every figure is in "
        f"`benchmarks/results/bench-drift.json`. {events} events of {features} columns (five continuous, "
        "lognormal with s = 2 among them, one of one decimal, integers 0 to 49, an exponential one) are cut into "
        "tumbling windows, and each window of each column gets D (Kolmogorov and Smirnov) and PSI against a "
        "reference.\n\nSeconds are of CPU, of one process without threads, for all windows; what can be made of the "
        "reference beforehand is not counted. Competitors take turns, and ratios are made within a round; peers run "
        "once each, in environments of their own, on the same events. Where fewer windows were measured than there "
        "are, the time of all is worked out from those, and the table says so.\n\n"
        f"**{DEPLOYED}** is the product's own path: the scorer's counter into the sketch of a pane, exact sums "
        "included, and the judge's walk over its cells, with at most 255 cuts a column as deployed. Of a reference "
        "with more values D then comes with an interval and is never above that of the values. "
        f"**{EXACT}** has a cut at every value of the reference, and D is that of the values. **{FOUND[8:]}** (with "
        "255 cuts) is p, intervals, what is missing and what is outside beside D and PSI, as objects, a column at a "
        "time. **numpy** is what a careful hand would write: the reference sorted beforehand, the window sorted by "
        "numpy, both distribution functions by binary search, no p-value. NannyML and alibi-detect have no PSI, and "
        "give KS alone.\n\n![seconds](bench-drift.png)\n"
    )


def _case(case: Mapping[str, Any]) -> str:
    heads = ["", "CPU-s", "measured", f"{DEPLOYED} is", "exact cells are", "goal"]
    rows = [
        [row["name"], row["seconds"], _measured(row, case), f"{row['ours_is']:,g} x", f"{row['exact_is']:,g} x",
         row["goal"] and f"at least {row['goal']} x"]
        for row in case["table"]
    ]  # fmt: skip
    return f"## Windows of {case['window']:,}, a reference of {case['reference']:,}\n\n{table(heads, rows)}"


def _measured(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    windows, of = row["windows"], case["windows"]
    return f"all {of:,} windows" if windows == of else f"first {windows:,} of {of:,} windows"


def _equal(found: Mapping[str, Any]) -> str:
    heads = [
        "windows of",
        "reference of",
        "distances",
        "the bits of scipy's",
        "of numpy's",
        "255 cuts: D less by up to",
    ]
    rows = [
        [f"{case['window']:,}", case["reference"], case["equal"]["of"], case["equal"]["scipy"], case["equal"]["numpy"],
         f"{case['largest_gap']:.4f}"]
        for case in found["cases"]
    ]  # fmt: skip
    return (
        '## The same distances\n\nD of exact cells against `scipy.stats.ks_2samp(method="asymp")`, in the same run; '
        f"and how much less D is with 255 cuts, which its interval covers.\n\n{table(heads, rows)}"
    )


def _memory(found: Mapping[str, Any]) -> str:
    heads = ["events", "peak memory of the process, MB", "tables of a pane, kB", "the events themselves, MB"]
    keys = ("events", "peak_mb", "tables_kb", "events_mb")
    rows = [[f"{row['events']:,}", *(row[key] for key in keys[1:])] for row in found["memory"]]
    return (
        "## Memory by tables, not by events\n\nEvents come in batches, as from Kafka, and are forgotten when they are "
        f"counted; each size in a process of its own.\n\n{table(heads, rows)}"
    )


def _missed(found: Mapping[str, Any]) -> str:
    lines = "".join(f"- {one}\n" for one in found["missed"]) or "None.\n"
    return f"## Goals missed\n\n{lines}{_why(found)}"


def _why(found: Mapping[str, Any]) -> str:
    """What stands in the way of the goal against numpy."""
    short = [one for one in found["missed"] if SORTED in one]
    deployed = any(DEPLOYED in one and EXACT not in one for one in short)
    return "".join(("\n" if short else "", _sorting(found) if deployed else "", EMPTY if len(short) > deployed else ""))


EMPTY = (
    "With exact cells each window is counted into, and walked over, two cells for each value of the reference, most of "
    "them empty, while numpy sorts a window of 1,000 with vector instructions. Versions are not deployed so: a column "
    "has at most 255 cuts.\n"
)


def _sorting(found: Mapping[str, Any]) -> str:
    case = next(one for one in found["cases"] if one["window"] == GOAL_WINDOW)
    seconds = {row["name"]: row["seconds"] / found["events"] / found["features"] * 1e9 for row in case["table"]}
    return (
        f"By hand a value takes {seconds[SORTED]:.0f} ns where the reference is as small, because numpy sorts a window "
        f"with vector instructions; an eighth of that is less than the {seconds[DEPLOYED]:.1f} ns here. Most of these "
        "go to finding a cell and to exact sums of values and squares, which nobody else keeps; the rest to a call for "
        "each column of a window.\n"
    )


def _made(found: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    how = f"{found['at']} UTC, {found['rounds']} rounds in {found['took_s']} s, {found['machine']}"
    return f"<sub>{how}; {versions}</sub>\n"


def picture(found: Mapping[str, Any]) -> Figure:
    """A bar each, on a scale of powers of ten."""
    case = next(one for one in found["cases"] if (one["reference"], one["window"]) == (SHOWN, GOAL_WINDOW))
    rows = sorted(case["table"], key=lambda row: -float(row["seconds"]))
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    axes = figure.subplots()
    names, seconds = [row["name"] for row in rows], [row["seconds"] for row in rows]
    axes.barh(names, seconds, color=[OURS if name.startswith(DEPLOYED) else THEIRS for name in names])
    for place, value in enumerate(seconds):
        axes.text(value, place, f"  {value:,.3g} s", va="center")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlim(0.01, max(seconds) * 6)
    axes.set_title(
        f"D and PSI of {case['windows']:,} windows of {found['features']} columns", loc="left", weight="bold"
    )
    axes.set_xlabel(f"CPU-seconds, by powers of ten; {GOAL_WINDOW:,} events a window, a reference of {SHOWN:,}")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure


def write(found: Mapping[str, Any]) -> None:
    """Page and picture."""
    PAGE.write_text(text(found))
    with mpl.rc_context(STYLE):
        picture(found).savefig(PICTURE, metadata={"Software": None})


if __name__ == "__main__":
    write(result.read("bench-drift"))
