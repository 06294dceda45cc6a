"""Writes docs/economy.md out of the result file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.economy.conclude import GAIN, HARM, LOSS, PART, RETRAINS
from benchmarks.economy.measure import COOLDOWN, LEEWAY, NEVER, STEP
from benchmarks.economy.naive import ALPHA, WEEK, WORSE
from benchmarks.performance import table
from consumers.retrainer.pace import FIRST, LATER, SOONER
from schemas.duration import day

PAGE = Path(__file__).parents[2] / "docs" / "economy.md"
World = Mapping[str, Any]


def write(kept: World) -> None:
    """The page."""
    year, streams = kept["flights"], kept["streams"]
    parts = [_head(), _year(year), _dates(year), _streams(streams), _missed(kept["missed"]), _how()]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _head() -> str:
    return """# The economy of retraining

Retraining costs machine time, a new version in production and somebody's attention; not retraining costs answers. Which
dates are worth it? `make economy` replays policies through the product's own training, selection, judge, governor
and the gate's check of the loss, with event time for a clock and no broker. Every row is scored by the version that served before its label was
known. Every training counts as a retrain, whether or not its version was promoted.

![policies as points: retrains and log-loss](economy.png)
"""


def _year(year: World) -> str:
    rows = [
        [one["policy"], one["retrains"], one["promotions"], f"{one['log_loss']:.4f}",
         f"{one['share_of_weekly_gain']:.0%}", _best(year["hindsight_on_all"], one["retrains"]),
         _best(year["hindsight"], one["retrains"])]
        for one in sorted(year["policies"], key=lambda one: (one["retrains"], one["log_loss"]))
    ]  # fmt: skip
    heads = ["policy", "retrains", "promotions", "log-loss", "of the weekly gain", "best dates", "and windows"]
    return f"""## A year of flights

The first version knows 28 days. The estimator, the first interval, windows and folds are what `leeway init` proposes from
those days (flights.toml has half the trees, for speed); nothing is chosen by the rest of the year. The last two columns
are hindsight: the best dates for as many retrains on a grid of {STEP} days, on all history or on the window that was
better, from the same fits. It chooses by luck as well. *Any feature*: the textbook's test of
Kolmogorov and Smirnov has p < {ALPHA:g} for any number in a day. *Loss*: the last {WEEK} days are more than {WORSE:.0%}
worse than the version's first {WEEK}. Both have {COOLDOWN} days of cooldown; schedules and they have no gate.

{table(heads, rows)}"""


def _best(hindsight: Sequence[float], retrains: int) -> str:
    return f"{hindsight[retrains]:.4f}" if retrains < len(hindsight) else ""


def _dates(year: World) -> str:
    rows = [
        [
            day(one["at"])[:10],
            one["window"],
            "promoted" if one["promoted"] else "refused",
            one["why"].split(": ", 1)[-1][:120],
        ]
        for one in year["dates"]
    ]
    return f"""When {LEEWAY} retrained, and why:

{table(["day", "window", "gate", "why"], rows)}"""


def _streams(streams: Sequence[World]) -> str:
    if not streams:
        return ""
    rows = []
    for one in streams:
        policies = {policy["policy"]: policy for policy in one["policies"]}
        ours, never = policies[LEEWAY], policies[NEVER]
        weekly = min((p for name, p in policies.items() if name.startswith("every 7 ")), key=lambda p: p["log_loss"])
        best = one["hindsight"][min(ours["retrains"], len(one["hindsight"]) - 1)]
        rows.append(
            [one["name"], "yes" if one["drifts"] else "no", f"{never['log_loss']:.4f}",
             f"{weekly['log_loss']:.4f} ({weekly['retrains']})", f"{ours['log_loss']:.4f} ({ours['retrains']})",
             f"{ours['share_of_weekly_gain']:.0%}" if one["drifts"] else "",
             f"{ours['log_loss'] / never['log_loss'] - 1:+.1%}", f"{ours['log_loss'] - best:+.4f}",
             ours["promotions"], ours["hurt"]]
        )  # fmt: skip
    heads = [
        "stream",
        "drifts",
        "never",
        "every week",
        LEEWAY,
        "of its gain",
        "against never",
        "regret",
        "promotions",
        "hurt",
    ]
    return f"""## Streams of known truth

Seeded generators of 24 weeks in `benchmarks/economy/streams.py`: what changes, and when, is in the code. *Every week* is
on whichever window was better afterwards. *Regret* is against the best {STEP}-day dates and windows of as many retrains,
chosen afterwards; a promotion *hurt* where the first version would have lost less until the next retrain.

{table(heads, rows)}"""


def _missed(missed: Sequence[str]) -> str:
    goals = (
        f"Goals: on the flights at most {LOSS} with at most {RETRAINS} retrains, and no schedule on all history better with "
        f"as many or fewer; on streams that drift {GAIN:.0%} of the gain of a retrain a week with {PART:.0%} of its "
        f"retrains; on others never more than {HARM:.1%} worse than the first version."
    )
    found = "\n".join(f"- {one}" for one in missed) or "- none"
    return f"## Goals, and what is missed\n\n{goals} Missed:\n\n{found}\n"


def _how() -> str:
    return f"""## How it decides

`[retrain] payoff` says what a retrain is worth: by default of `leeway init`, 1 % of the loss over `maximum_age`. A
champion that ages steadily has cost that after sqrt(2 worth / rate), where the rate is what each gate has measured a
challenger's gain to be over a champion of that age. Six or eight days say that with a large error, so what is believed
moves only as far as the error allows, and an interval is at most {SOONER:g} times shorter and {LATER:g} times longer than
the one before. The first is a {FIRST}th of `maximum_age`. A drift event asks at once, and a gain that it has led to is
followed soon. `docs/decisions/0024-the-economy-of-retraining.md` has what else was tried.
"""
