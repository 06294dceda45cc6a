"""docs/calibrate.png: false alarms of each case, and how soon changes are told of, beside peers."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

PANE = 200
"""The size that peers are measured on."""
PICTURE = Path(__file__).parents[2] / "docs" / "calibrate.png"
OURS, THEIRS, GREY = "#1f6f8b", "#c8553d", "#8a8f98"


def draw(found: dict[str, Any]) -> None:
    """Left: alarms in panes without a change. Right: streams of which the change was told, for each rule."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 9), gridspec_kw={"width_ratios": (1, 1.2)})
    _sizes(left, found)
    _powers(right, found)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)


def _sizes(axes: Any, found: dict[str, Any]) -> None:
    cases = found["size"][::-1]
    names = [f"{c['kind']}, n {c['pane']:,}, m {c['reference']:,}, {c['columns']} col." for c in cases]
    rates = [100 * c["alarms"] / c["panes"] for c in cases]
    axes.scatter(rates, range(len(cases)), color=OURS, zorder=3, s=18)
    axes.axvline(100 * found["allowed"], color=THEIRS, linewidth=1)
    axes.axvspan(0, 100 * cases[0]["most"] / cases[0]["panes"], color=OURS, alpha=0.07)
    axes.set_yticks(range(len(cases)), names, fontsize=7)
    axes.set_xlim(-0.1, 2.5)
    axes.set_xlabel("false alarms, % of panes (line: the budget; shade: its 99 % interval)", fontsize=8)
    axes.set_title("Nothing changes", loc="left", fontsize=11)


def _powers(axes: Any, found: dict[str, Any]) -> None:
    """A row a change, a column a rule; a cell says how many are told of, and after how many samples."""
    rows = [row for row in found["power"] if row["pane"] == PANE] + found["peers"]
    rules = list(dict.fromkeys(r["settings"] for r in rows))
    changes = list(dict.fromkeys(r["change"] for r in rows))
    for row in rows:
        x, y = rules.index(row["settings"]), len(changes) - changes.index(row["change"])
        axes.scatter(x, y, s=20 + 500 * row["detected"], color=OURS if row in found["power"] else GREY, alpha=0.8)
        if row["delay"] is not None:
            axes.annotate(f"{row['delay']:,.0f}", (x, y), ha="center", va="center", fontsize=7, color="white")
    for x, rule in enumerate(rules):
        early = [r["early"] for r in rows if r["settings"] == rule]
        axes.annotate(f"{sum(early)} false\nbefore", (x, 0.1), ha="center", fontsize=7, color=THEIRS)
    axes.set_xticks(range(len(rules)), rules, fontsize=7, rotation=20, ha="right")
    axes.set_yticks([len(changes) - i for i in range(len(changes))], changes, fontsize=8)
    axes.set_ylim(-0.4, len(changes) + 0.6)
    axes.set_title(
        f"Something changes: told of (size), after samples (figure), panes of {PANE}", loc="left", fontsize=11
    )
    axes.spines[["top", "right"]].set_visible(False)
