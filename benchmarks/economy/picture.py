"""docs/economy.png: what retrains are worth, every policy a point, above the curve of hindsight."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.economy.measure import LEEWAY, NEVER

OURS, FIXED, RECENT, NAIVE, BEST = "#0b62ab", "#5a5a5a", "#b9b9b9", "#c2562d", "#2f8f5b"
World = Mapping[str, Any]


def draw(path: Path, year: World, streams: Sequence[World]) -> None:
    """Writes a PNG: the flights year on the left, the streams that drift on the right."""
    figure = Figure(figsize=(13, 5.6), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _year(left, year)
    _streams(right, [one for one in streams if one["drifts"]])
    for axes in (left, right):
        axes.grid(color="#e6e6e6", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def _year(axes: Any, year: World) -> None:
    for key, name, width in (("hindsight_on_all", "dates", 2.0), ("hindsight", "dates and windows", 1.0)):
        best = year[key]
        axes.plot(range(1, len(best)), best[1:], color=BEST, linewidth=width, label=f"hindsight: the best {name}")
    never = next(one for one in year["policies"] if one["policy"] == NEVER)["log_loss"]
    axes.axhline(never, color="#222222", linestyle=":", linewidth=1.2)
    axes.annotate(f"never: {never:.4f}", (1.05, never), va="bottom", fontsize=9)
    for name, colour, marker, chosen in _groups(year):
        points = sorted((one["retrains"], one["log_loss"], one["policy"]) for one in chosen)
        axes.plot([x for x, _, _ in points], [y for _, y, _ in points], marker, color=colour, label=name,
                  markersize=11 if name == LEEWAY else 6, linewidth=0.8)  # fmt: skip
        for x, y, policy in points:
            words = policy.removeprefix("every ").removesuffix(" on all history").removesuffix(" on recent")
            place = {LEEWAY: (-44, -14), "any feature p < .05": (-72, -16)}.get(policy, (4, 5))
            axes.annotate(words, (x, y), xytext=place, textcoords="offset points", fontsize=8, color=colour)
    axes.set_xscale("log")
    ticks = (1, 2, 4, 6, 8, 12, 16, 24, 48)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("retrains in 48 weeks (trainings, promoted or not)")
    axes.set_ylabel("log-loss from day 28 on, each row scored before its label")
    axes.set_title("A year of flights", loc="left", weight="bold")
    axes.legend(frameon=False, fontsize=9)


def _groups(year: World) -> list[tuple[str, str, str, list[World]]]:
    """Name, colour, marker and policies of each group."""
    policies = [one for one in year["policies"] if one["policy"] != NEVER]
    ends = {
        "a schedule, all history": (" on all history", FIXED, "o-"),
        "a schedule, recent rows": (" on recent", RECENT, "o-"),
    }
    found = [
        (name, colour, marker, [one for one in policies if one["policy"].endswith(end)])
        for name, (end, colour, marker) in ends.items()
    ]
    naive = [one for one in policies if not one["policy"].startswith("every") and one["policy"] != LEEWAY]
    ours = [one for one in policies if one["policy"] == LEEWAY]
    return [*found, ("naive triggers, all history", NAIVE, "D", naive), (LEEWAY, OURS, "*", ours)]


def _streams(axes: Any, streams: Sequence[World]) -> None:
    for number, one in enumerate(streams):
        ours = next(policy for policy in one["policies"] if policy["policy"] == LEEWAY)
        fixed = [policy for policy in one["policies"] if policy["policy"].startswith("every")]
        shares = [max(-0.05, policy["share_of_weekly_gain"]) for policy in fixed]
        axes.plot(
            [number] * len(shares), shares, "o", color=RECENT, markersize=5, label="schedules" if not number else None
        )
        axes.plot(
            number, ours["share_of_weekly_gain"], "*", color=OURS, markersize=13, label=None if number else LEEWAY
        )
        axes.annotate(str(ours["retrains"]), (number, ours["share_of_weekly_gain"]), xytext=(8, -3),
                      textcoords="offset points", fontsize=9, color=OURS)  # fmt: skip
    axes.axhline(0.95, color=BEST, linewidth=1)
    axes.set_xticks(range(len(streams)), [one["name"].rpartition("-")[0].replace("-", "\n", 1) for one in streams],
                    fontsize=8)  # fmt: skip
    axes.set_ylabel("share of the gain of a retrain a week (best window)")
    axes.set_title("Streams that drift: gain, and our retrains", loc="left", weight="bold")
    axes.legend(frameon=False, fontsize=9, loc="lower right")
