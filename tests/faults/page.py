"""docs/faults.md, from the figures of a campaign alone."""

from collections.abc import Iterable, Mapping
from typing import Any

PAGE = """\
# Faults

Written by `make faults`; not to be edited. Seed {seed}: {faults} faults in {count} rounds, {samples:,} samples at
{samples_per_second:,} a second. At each fault another version of the model is promoted. Faults overlap as they come.

![The time line](faults.png)

At the end of each round every record is counted:

{totals}

Not as promised: {missed}.

## Recovery

From the beginning of a fault until every lane had committed what `samples` held at that moment; for faults of
PostgreSQL and its writer, until PostgreSQL held it too. It includes the time that the fault lasted, the supervisor's
back-off, and faults that came meanwhile. Of the brokers killed in a transaction, {transactions_open} were seen to have
one open at that moment.

{recovery}

{stalls}## Rounds

{rounds}

Processes ended (and were started again) with: {exits}.
"""
STALLS = """\
## Stall of the others

The longest time between two commits of a lane while one of three scorers is restarted (SIGTERM) or killed (SIGKILL),
one after the other; `calm` is the same with nothing disturbed. Instances are static members of the group.

{table}

"""
COUNTED = {
    "samples": "records of `samples`",
    "lost": "lost",
    "doubled": "doubled",
    "foreign": "outputs of no sample",
    "misjudged": "rejected though right, or scored though wrong",
    "late": "late",
    "wrong_scores": "scores that are not the named version's",
    "panes": "state keys (partition, version, pane)",
    "wrong_panes": "state keys whose counts are not those of their samples",
    "balance": "balance",
    "unavailable": "unavailable",
}


def page(made: Mapping[str, Any]) -> str:
    """The text of the page."""
    rounds = made["rounds"]
    return PAGE.format(
        seed=made["seed"],
        samples_per_second=made["samples_per_second"],
        faults=sum(one["faults"] for one in rounds),
        count=len(rounds),
        samples=made["total"]["samples"],
        totals=_totals(made),
        transactions_open=made["transactions_open"],
        missed="; ".join(made["missed"]) or "nothing",
        recovery=_recovery(made),
        stalls=STALLS.format(table=_stalls(made["stalls"])) if made["stalls"] else "",
        rounds=_table(rounds[0].keys(), (one.values() for one in rounds)),
        exits=", ".join(f"{name} ({times} times)" for name, times in made["exits"].items()) or "nothing",
    )


def _totals(made: Mapping[str, Any]) -> str:
    rows: list[tuple[str, str]] = [(words, f"{made['total'][name]:,}") for name, words in COUNTED.items()]
    differ = sum(made["history"].values())
    return _table(("counted", "sum"), [*rows, ("rows of PostgreSQL that differ from the topics", f"{differ:,}")])


def _recovery(made: Mapping[str, Any]) -> str:
    names = ("fault", "times", "lasted, median s", "recovered, p50 s", "p95 s", "max s", "not recovered")
    skipped = [(kind, "skipped: a small disk may not be mounted here", *[""] * 5) for kind in made["skipped"]]
    return _table(names, [*(row.values() for row in made["faults"]), *skipped])


def _stalls(stalls: Iterable[Mapping[str, Any]]) -> str:
    names = ("", "times", "others, p50 s", "others, max s", "its own, p50 s", "its own, max s")
    return _table(names, (stall.values() for stall in stalls))


def _table(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = list(names)
    lines = [head, ["---"] * len(head), *[["" if cell is None else str(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
