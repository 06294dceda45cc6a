"""Writes docs/verdicts.md: how a verdict comes about, with figures computed here or taken from result files."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import result
from benchmarks.performance import table
from schemas.declaration import Drift
from schemas.duration import milliseconds
from streams.drift.column import TESTS
from streams.drift.distance import UNLUCKY, chance
from streams.drift.scan import stability

PAGE = Path(__file__).parents[1] / "docs" / "verdicts.md"
COLUMNS = 20
DAY_MS = 86_400_000
DRAWS = 20_000


def text(calibrate: dict[str, Any], shuffled: dict[str, Any], slo: dict[str, Any]) -> str:
    """The page."""
    years = shuffled["years"]
    worth = {one["feature"]: one for one in shuffled["worth"]}
    return "\n".join(
        (
            _cry_wolf(years[0], shuffled),
            _distance(),
            _budget(),
            _worth(worth),
            _verdict(),
            _measured(calibrate, years),
            _soon(calibrate, slo),
            _limits(worth),
        )
    )


def _cry_wolf(year: dict[str, Any], shuffled: dict[str, Any]) -> str:
    return f"""# How a verdict comes about

For a reader who knows what a p-value is. Every figure on this page is computed by `make verdicts`, here or from the
result files of `make calibrate`, `make shuffled` and `make slo`.

## Why drift alarms are switched off

A model was made from some weeks of data, its *reference*. Each *window* of new data (a pane, or 2, 4, 8 of them) is
held against it, feature by feature, and if they differ, somebody is woken. Four things go wrong with that.

- **Many tests.** A test at 5 % is wrong in 5 of 100 windows. With {COLUMNS} features, one of them is in
  {100 * (1 - 0.95**COLUMNS):.0f} of 100.
- **Large windows.** Nothing is ever distributed exactly as before. A shift of a fiftieth of a standard deviation, which
  no model feels, has p = {_shifted(0.02, 100_000):.1g} in a window of 100,000.
- **Small windows.** "PSI above .1 is a moderate shift" says nothing of how many samples there are. With 100 of them
  against 1,000, and nothing shifted, PSI is above .1 in {100 * _psi_above(100, 1_000):.0f} of 100 windows; with 1,000, in
  {100 * _psi_above(1_000, 1_000):.1f}.
- **Clusters.** All tests of a textbook believe that samples know nothing of one another. Departures of one day share
  one weather.

On a year of flights the usual rules, p < {shuffled["alpha"]:g} in any feature or PSI > {shuffled["psi"]:g} in any, alarm on
{year["panes_with_any_p_below_alpha"]} and {year["panes_with_any_psi_above"]} of {year["panes"]} days.

![alarms on a year of flights, and on the same year shuffled in time](shuffled.png)
"""


def _shifted(by: float, n: int) -> float:
    """The textbook's p, of two normal samples of n whose means lie `by` standard deviations apart."""
    distance = by / np.sqrt(2 * np.pi)
    return float(2 * np.exp(-2 * distance**2 * n / 2))


def _psi_above(n: int, m: int) -> float:
    rng, groups = np.random.default_rng(0), np.full(10, 0.1)
    pairs = zip(rng.multinomial(m, groups, DRAWS), rng.multinomial(n, groups, DRAWS), strict=True)
    return float(np.mean([stability(p.astype(float), q.astype(float))[0] > 0.1 for p, q in pairs]))  # noqa: PLR2004 - the rule of thumb


def _distance() -> str:
    return """## One distance, exact

For a number, the distance D is the largest gap between the two cumulative curves: "31 % of the window lie where 20 % of
the reference did" is D = .11. For a category it is the share of samples that would have to change their value. Both run
from 0 to 1, whatever the unit. A sample is never kept: it is counted into cells fixed by the reference (a cell upon each
of its values, a cell between each two, up to 255 values), so that counts of partitions and panes add up exactly, in any
order; and D is computed from the counts, bit for bit that of `scipy.stats.ks_2samp`. Above 255 values the interval of D
carries what a cell may hide.

Missing values, values outside of the reference's range and values never heard of are counted apart, and judged as the
shares that they are. Each effect comes with a 95 % interval. Mean, standard deviation and PSI are shown beside it, with
theirs, and decide nothing: with heavy tails, a thousand samples do not make a mean normal.
"""


def _budget() -> str:
    drift = Drift()
    share = DAY_MS / milliseconds(drift.budget) / 2
    level = share / (COLUMNS * len(drift.windows) * TESTS)
    return f"""## Certain enough: the budget

`[drift] budget = "{drift.budget}"` says how many false alarms are bearable: one per model and {drift.budget}. Half of it is for
windows: with panes of a day, {COLUMNS} columns, {len(drift.windows)} lengths of window and {TESTS} tests each, one test gets
{level:.1g}. That is the p below which a test counts, and it is what makes many features bearable. The other half is for
what is too small for any window, and goes on: each pane places a bet against "nothing has changed" (a mixture of tilted
Polya urns; its mean is exactly 1 if nothing has), winnings add up by the rule of Shiryaev and Roberts, and passing
{COLUMNS / share:,.0f} is as unlikely as that budget says, however often one looks.

The reference is itself a sample, drawn once and used for every window, so its own error would look like drift for ever.
Each p therefore grants it the error that one reference in {1 / UNLUCKY:,.0f} exceeds, before it asks what chance can make of
the window. For windows of independent samples that leaves, as what D stays below by chance:

{table(["reference", *(f"window of {n:,}" for n in SIZES)], [[f"{m:,}", *(round(chance(level, m, n), 3) for n in SIZES)] for m in (1_000, 10_000, 100_000)])}
"""


SIZES = (200, 1_000, 10_000)


def _worth(worth: dict[str, Any]) -> str:
    named = ["carrier", "destination", "visibility", "precipitation", "temperature"]
    rows = [[name, worth[name]["samples"], worth[name]["reference"], worth[name]["day"]] for name in named]
    return f"""## What samples are worth

A thousand departures of one day are one draw of the weather. When a version is trained, its reference is cut into panes,
and the shares of each pane are compared with those of the others: as far as they vary more than independent samples
would, samples of a pane go together, and as far as neighbouring panes resemble each other, they do so for longer. From
both follows what n samples over a span of time are *worth*: the number of independent ones that would tell as much.
p-values, intervals and limits are made with that number. For the flights, a January:

{table(["", "samples of the reference", "worth", "a day of 900 is worth"], rows)}
A month of temperatures is worth {worth["temperature"]["reference"]} samples: nobody can say from one January what a
February may look like, and Leeway does not pretend to. Who carries whom where is another matter.

Where the reference spans three days or weeks and hours differ from one another, each window is held against the
reference of its own hour of the day or week, if the panes say that this tells more than the pooled one (`season`).
"""


def _verdict() -> str:
    drift = Drift()
    return f"""## The verdict

A feature has drifted over a window if all of this is so:

1. **It matters**: D is at least the tolerance ({drift.tolerance:g} unless declared), or a share moved by at least
   {drift.share_tolerance:g}.
2. **It is certain**: p is below the level that the budget allows, or the bets have won enough.
3. **It lasts**: so in {drift.persistence} windows in a row that share no pane.

The first such feature opens an *incident* of the model; it escalates when many more follow, and closes when none was
left for {drift.persistence} panes. What is named first is what moved most, weighed by what the model's skill owes to it
(its permutation importance). Every verdict is a function of the counted samples alone: not of partitions, batches,
workers or restarts, byte for byte; so `leeway what-if` can say what other settings would have said.

A shift in one airport, plant or country is small in the whole. With `[stream] segments = ["origin"]` each frequent value
of that feature has columns of its own, over its samples alone, judged by the same rules and named `temperature for
origin = JFK`. The stream as a whole then keeps half of the budget, and all of its segments share the other half.
"""


def _measured(found: dict[str, Any], years: list[dict[str, Any]]) -> str:
    sizes = found["size"]
    alarms, panes = sum(one["alarms"] for one in sizes), sum(one["panes"] for one in sizes)
    worst = max(sizes, key=lambda one: one["alarms"])
    quiet = [one for one in years if one["name"] != "the year"]
    return f"""## Is it true?

`make calibrate` lets nothing change, {len(sizes)} times over {found["panes"]:,} panes with {found["references"]} references each:
windows of 50 to 10,000, references of 1,000 and 10,000, continuous, tied, binary and categorical columns, 1, 8 and 50 of
them, a weekly season, and series in which neighbours correlate by .5 and .9. Tolerance and persistence are switched off,
so that nothing but the budget stands between chance and an alarm: {100 * found["allowed"]:g} in 100 panes. There were {alarms} in
{panes:,}; the worst case ({worst["kind"]}, {worst["pane"]:,} a pane, reference {worst["reference"]:,}) had {worst["alarms"]} in
{worst["panes"]:,}, where {worst["most"]} are still within the binomial interval. That is far less than allowed: bounds that
hold for any distribution and any dependence of features are paid for with caution. Outcomes (label rate and log-loss,
once labels are due) have a budget of the same size of their own.

![false alarms, and power](calibrate.png)

The flights year, shuffled in time {len(quiet)} times, so that nothing can have happened: {sum(one["incidents"] for one in quiet)} incidents,
where the usual rules alarm on {min(one["panes_with_any_p_below_alpha"] for one in quiet)} to {max(one["panes_with_any_p_below_alpha"] for one in quiet)} of {quiet[0]["panes"]} days.
"""


def _soon(found: dict[str, Any], slo: dict[str, Any]) -> str:
    alone = [row for row in found["power"] if row["settings"] == "significance alone"]
    rows = [
        [change, *(_told(alone, change, pane) for pane in (200, 1_000))]
        for change in dict.fromkeys(row["change"] for row in alone)
    ]
    return f"""## And how soon?

Median samples from a change to its alarm, and in how many of {found["streams"]} streams within 60 panes there was one; reference of
{found["reference"]:,}, one column, tolerance and persistence off:

{table(["", "panes of 200", "panes of 1,000"], rows)}
Before the change, in 20 panes a stream, there were {sum(row["early"] for row in alone)} false alarms. Peers as they are out of the box, on such streams in
panes of 200, with their false alarms in the 20 panes before the change in the last row:

{_peers(found)}
Who alarms in every window is soon right. River's ADWIN looks at means alone, and sees a small shift of one sooner and more
often than Leeway, whose caution about everything else costs power there; a shift of a tenth of a standard deviation is
D = .04, which hardly any model feels.

Through a real Kafka (`make slo`, [slo.md](slo.md)), the event stands in its topic {slo["deciding_s"]["p50"]:g} s after the
sample that decided was sent (99 of 100: {slo["deciding_s"]["p99"]:g} s), with {len(slo["false_alarms"])} false alarms in {slo["calm_panes"]} calm panes.
"""


def _peers(found: dict[str, Any]) -> str:
    names = list(dict.fromkeys(row["settings"] for row in found["peers"]))
    changes = dict.fromkeys(row["change"] for row in found["peers"])
    rows = [[change, *(_cell(_row(found["peers"], change, name)) for name in names)] for change in changes]
    early = [sum(row["early"] for row in found["peers"] if row["settings"] == name) for name in names]
    return table(["", *names], [*rows, ["false alarms", *early]])


def _row(rows: list[dict[str, Any]], change: str, name: str) -> dict[str, Any]:
    return next(row for row in rows if (row["change"], row["settings"]) == (change, name))


def _cell(row: dict[str, Any]) -> str:
    return f"{row['delay']:,.0f} ({row['detected']:.0%})" if row["delay"] is not None else "none"


def _told(rows: list[dict[str, Any]], change: str, pane: int) -> str:
    return _cell(next(row for row in rows if (row["change"], row["pane"]) == (change, pane)))


def _limits(worth: dict[str, Any]) -> str:
    return f"""## What it cannot do

- Where a reference is worth {worth["temperature"]["reference"]} samples, no shift of that column is ever certain. A longer
  `reference` is the remedy; meanwhile the score, the loss and the model's age (`[retrain] maximum_age`) watch over it.
- How alike samples are is estimated from the reference's own panes. What never varied there is taken to be steady.
- The effective size is one number a column (first order): rare values may have clusters of their own.
"""


def main() -> None:
    """Writes the page."""
    PAGE.write_text(text(*(result.read(name) for name in ("calibrate", "shuffled", "slo"))))


if __name__ == "__main__":
    main()
