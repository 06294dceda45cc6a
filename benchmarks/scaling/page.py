"""docs/scaling.md: the words are there, the figures are filled in from scaling.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import result
from benchmarks.marks import fill

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


def write() -> None:
    """Fills the page."""
    PAGE.write_text(filled(PAGE.read_text()))


def filled(text: str) -> str:
    """The text with each marked place filled anew."""
    found = result.read("scaling")
    return fill(
        text,
        {
            "short": _short(found),
            "inputs": _inputs(found),
            "limits": _limits(found),
            "sizes": _sizes(found["sizes"]),
            "fixed": _fixed(found["sizes"]),
            "check": _check(found),
            "outcomes": _outcomes(found),
            "verdict": _verdict(found),
        },
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _short(found: Mapping[str, Any]) -> str:
    lines = [
        f"- **{one['rate']:,.0f} samples/s**: partitions {one['partitions']:,}, framers {one['units']['framer']:,}, "
        f"scorers {one['units']['scorer']:,} (a core each), brokers {one['brokers']:,}; "
        f"PostgreSQL takes {one['postgres_share']:.0%} of the predictions. "
        f"Of the path to `predictions` the {one['first']} is full first.\n"
        for one in found["sizes"]
    ]
    alone = [one for one in found["limits"] if not one["scales"]]
    ends = ", then ".join(f"{one['resource']} ({one['full']:,} samples/s)" for one in alone)
    return "".join(lines) + f"- What cannot be met by starting more of it: {ends}.\n"


def _inputs(found: Mapping[str, Any]) -> str:
    rows = [[one["what"], f"{one['value']:,.5g}", one["unit"], one["source"]] for one in found["inputs"]]
    return _table(["measured", "figure", "unit", "from"], rows)


def _limits(found: Mapping[str, Any]) -> str:
    rows = [
        [one["resource"], one["unit"], f"{one['full']:,}", f"{one['planned']:,}", "yes" if one["scales"] else "**no**"]
        for one in found["limits"]
    ]
    return _table(["resource", "one of it", "samples/s, all used", "as planned", "more can be added"], rows)


def _sizes(sizes: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        ["partitions (lanes)", *(f"{one['partitions']:,}" for one in sizes)],
        ["samples/s of a lane", *(f"{one['lane_rate']:,}" for one in sizes)],
        *([f"{name}s, a core each", *(f"{one['units'][name]:,}" for one in sizes)] for name in ("framer", "scorer")),
        ["memory of the scorers, GB", *(f"{one['scorer_memory_gb']:,}" for one in sizes)],
        *(
            [f"brokers, by {name[7:]}", *(f"{one['units'][name]:,}" for one in sizes)]
            for name in ("broker CPU", "broker network", "broker disk")
        ),
        ["**brokers**", *(f"**{one['brokers']:,}**" for one in sizes)],
        ["transactions/s", *(f"{one['commits_s']:,}" for one in sizes)],
        ["written to the log, MB/s (replicated)",
         *(f"{one['written_mb_s']:,} ({one['replicated_mb_s']:,})" for one in sizes)],
        ["log kept, TB a day, replicated", *(f"{one['kept_tb_day']:,}" for one in sizes)],
        ["full first, `samples` to `predictions`", *(f"{one['first']}, at {one['first_full']:,}/s" for one in sizes)],
    ]  # fmt: skip
    return _table(["", *(f"{one['rate']:,.0f} samples/s" for one in sizes)], rows)


def _fixed(sizes: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        ["warehouse processes, for every prediction", *(f"{one['warehouses_for_all']:,}" for one in sizes)],
        ["PostgreSQL, cores for every prediction", *(f"{one['postgres_cores']:,}" for one in sizes)],
        ["PostgreSQL, MB/s of rows, indexes and log", *(f"{one['postgres_mb_s']:,}" for one in sizes)],
        ["PostgreSQL, TB a day", *(f"{one['postgres_tb_day']:,}" for one in sizes)],
        ["share of them that one server takes, as planned", *(f"{one['postgres_share']:.0%}" for one in sizes)],
        ["evaluators wanted (there is one)", *(f"{one['evaluators']:,}" for one in sizes)],
        ["a label is joined if it comes within, s", *(f"{one['labels_within_s']:,}" for one in sizes)],
        ["judge: shortest pane that it keeps up with, s", *(f"{one['shortest_pane_s']:,}" for one in sizes)],
        ["a repeated id is noticed within, s", *(f"{one['duplicates_within_s']:,}" for one in sizes)],
        ["`samples` are kept for, minutes (`retention_bytes` as by default)",
         *(f"{one['samples_kept_min']:,}" for one in sizes)],
        ["`frames` are kept for, minutes", *(f"{one['frames_kept_min']:,}" for one in sizes)],
        ["within the largest `partitions` of a declaration",
         *("yes" if one["within_partitions_at_most"] else "**no**" for one in sizes)],
    ]  # fmt: skip
    return _table(["", *(f"{one['rate']:,.0f} samples/s" for one in sizes)], rows)


def _check(found: Mapping[str, Any]) -> str:
    check = found["check"]
    return (
        f"On this machine of {found['cores']} shared cores, framer and scorer at once beside their broker: simulated "
        f"{check['simulated']:,} samples/s from the parts measured one by one, measured {check['measured']:,}: an "
        f"error of **{check['error']:+.0%}**. {check['cores_used']:.0%} of the cores are used in the simulation: where "
        "that is well below all of them, the scorer's own rate by the wall decides, and the check says little more "
        "than that framer and scorer do not hinder each other. The machine's load average before all that was "
        f"{found['measured']['load_before']:.1f}: anything above 1 or so is other people's work on the same cores, and "
        "makes every figure by the wall worse than it is.\n"
    )


def _outcomes(found: Mapping[str, Any]) -> str:
    rows = [
        [f"{one['rate']:,.0f}", one["name"], _keeps(one["expected"]), _keeps(one["found"]), f"{one['lag_s']:.2f}",
         _catch_up(one), one["fullest"], "yes" if one["agrees"] else "**no**"]
        for one in found["outcomes"]
    ]  # fmt: skip
    head = ["samples/s", "case", "sizing says", "simulated", "lag at most, s", "caught up after, s (foreseen)",
            "fullest", "agree"]  # fmt: skip
    return _table(head, rows)


def _keeps(value: bool) -> str:  # noqa: FBT001 - a word for a truth value
    return "keeps up" if value else "falls behind"


def _catch_up(one: Mapping[str, Any]) -> str:
    if one["catch_up_s"] is None:
        return ""
    return f"{one['catch_up_s']:.1f} ({one['expected_catch_up_s']:.1f})"


def _verdict(found: Mapping[str, Any]) -> str:
    if not found["missed"]:
        return "Nothing that the simulation found contradicts the sizing.\n"
    return "Contradictions, or goals not met:\n\n" + "".join(f"- {one}\n" for one in found["missed"])
