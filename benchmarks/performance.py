"""Writes docs/performance.md and its pictures from benchmarks/results/bench.json; a contract test compares the text."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import result

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
INTRODUCTION = """# Performance

All of this is made by `make bench`, and every figure and picture on this page by its result file,
`benchmarks/results/bench.json`: nothing is typed in. `make bench ONLY=latency,once` measures some parts again.

How it is measured: a real Kafka on the same cores, 6 partitions, lz4, everybody with the same batches and waits.
Competitors run one after the other, in rounds; a ratio is made within a round, and medians over the rounds are shown,
since shared machines are noisy: trust the ratios. A window opens when a tenth of the records are out and closes when
nearly all are, so that nobody's start counts. CPU is that of a competitor's own processes with all their threads, as
the kernel counts it; the broker's is shown beside it. Who scores is checked to give the same scores.
"""


def text(found: dict[str, Any]) -> str:
    """The page."""
    parts = [write(found[name]) + _made(found[name]) for name, write in SECTIONS.items() if name in found]
    return "\n".join([INTRODUCTION, *parts, _missed(found["missed"]), _explained(found)])


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; the first column is words, the others are figures."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _numbers(part: dict[str, Any]) -> str:
    return (
        f"## The same work in other hands\n\n{part['records']:,} samples of eight numbers in {part['bytes']} bytes of "
        "JSON; a logistic model: decode by type, validate, score, count eight features, write a prediction each. "
        "Peers leave out what the product does beside (duplicates, lateness, panes, exactly once), in their favour, "
        "and are written as their documentation recommends (`benchmarks/peers/`).\n\n"
        f"{_competitors(part)}\n![records a CPU-second](bench-peers.png)\n"
    )


def _flights(part: dict[str, Any]) -> str:
    return (
        f"## The flights and their real model\n\n{part['records']:,} departures of 16 features in {part['bytes']} "
        "bytes, gradient-boosted trees, and the first model beside the champion as flights.toml has it.\n\n"
        f"{_competitors(part)}"
    )


def _competitors(part: dict[str, Any]) -> str:
    heads = ["", "records/s", "records/CPU-s", "broker, cores", "MB", "scorer is, per CPU-s", "goal", "by the clock"]
    rows = [
        [row["name"], row["per_second"], row["per_cpu_second"], row["broker_cores"], row["rss_mb"],
         _times(row["first_is"]), _times(row["goal"], "at least "), _times(row["first_is_by_wall"])]
        for row in part["table"]
    ]  # fmt: skip
    return (
        f"{table(heads, rows)}\nFramer and scorer together are {_times(part['together'])} the loop by hand per "
        f"CPU-second (goal: at least {_times(part['goal_together'])}). Same scores: {_checked(part['table'])}.\n"
    )


def _checked(rows: Sequence[dict[str, Any]]) -> str:
    found = [row["checked"] for row in rows if row["checked"]]
    compared, different = (sum(one[key] for one in found) for key in ("compared", "different"))
    return f"{compared:,} predictions of {len(found)} competitors compared with those of the loop, {different} differ"


def _times(value: float | None, before: str = "") -> str | None:
    return None if value is None else f"{before}{value:g} x"


def _latency(part: dict[str, Any]) -> str:
    heads = ["share of the largest rate", "samples/s", "p50 ms", "p99 ms", "largest ms", "sender behind ms"]
    rows = [[f"{row['share']:.0%}", *(row[key] for key in LATENCY)] for row in part["rows"]]
    return (
        "## From a sample to its committed prediction\n\nFrom the moment when a sample was due to be sent until its "
        "prediction was read by a consumer of committed records: framer, scorer, broker, sender and reader on the same "
        f"cores. The largest rate in this setting is {part['rows'][0]['most']:,.0f} samples/s. Goal: p99 below "
        f"{part['goal_p99_ms_at_half']} ms at half of it.\n\n{table(heads, rows)}\n![latency](bench-latency.png)\n"
    )


LATENCY = ("rate", "p50_ms", "p99_ms", "max_ms", "sender_behind_ms")


def _checkpoints(part: dict[str, Any]) -> str:
    heads = ["checkpoint", "largest rate", "at samples/s", "p50 ms", "p99 ms", "largest ms", "sender behind ms"]
    rows = [[row["checkpoint"], row["most"], *(row[key] for key in LATENCY)] for row in part["rows"]]
    return (
        "## Checkpoints: latency against throughput\n\n`[stream] checkpoint` is the longest wait for a commit; a lane "
        f"whose input pauses commits at once.\n\n{table(heads, rows)}"
    )


def _once(part: dict[str, Any]) -> str:
    return (
        "## What exactly once costs\n\nThe same scorer, its lanes in transactions, and with an idempotent producer "
        f"that only waits for acknowledgements in their place (`benchmarks/peers/lanes.py`).\n\n{_pair(part)}"
    )


def _scorers(part: dict[str, Any]) -> str:
    return f"## One scorer and two\n\nBroker and scorers share the cores of this machine.\n\n{_pair(part)}"


def _pair(part: dict[str, Any]) -> str:
    first = part["table"][0]["name"]
    heads = ["", "records/s", "records/CPU-s", "broker, cores", "MB", f"{first}: per CPU-s", "by the clock"]
    keys = ("name", "per_second", "per_cpu_second", "broker_cores", "rss_mb")
    return table(
        heads,
        [
            [*(row[key] for key in keys), _times(row["first_is"]), _times(row["first_is_by_wall"])]
            for row in part["table"]
        ],
    )


def _widths(part: dict[str, Any]) -> str:
    heads = ["features", "bytes", "records/s", "records/CPU-s", "loop by hand, records/CPU-s", "scorer is", "MB"]
    keys = ("features", "bytes", "per_second", "per_cpu_second", "by_hand_per_cpu_second")
    rows = [[*(row[key] for key in keys), _times(row["scorer_is"]), row["rss_mb"]] for row in part["rows"]]
    return f"## Wider and larger samples\n\n{table(heads, rows)}"


def _states(part: dict[str, Any]) -> str:
    heads = ["ids kept, a partition", "open panes", "state, MB", "start, s", "recovery from SIGKILL, s"]
    keys = ("ids", "panes", "state_mb", "start_s", "recovery_s")
    return (
        "## Start and recovery against the size of the state\n\nSix partitions. Start: from the start of a scorer that "
        "was stopped by SIGTERM to its first committed prediction. Recovery: from SIGKILL under load, and a new start "
        f"at once, to the same.\n\n{table(heads, [[row[key] for key in keys] for row in part['rows']])}"
    )


def _profile(part: dict[str, Any]) -> str:
    numbers, flights = ({row["stage"]: row["us"] for row in part[name]["rows"]} for name in ("numbers", "flights"))
    stages = list(dict.fromkeys([*numbers, *flights]))
    rows = [[name, numbers.get(name), flights.get(name)] for name in stages]
    total = ["all", part["numbers"]["us_per_record"], part["flights"]["us_per_record"]]
    return (
        "## Where a microsecond goes\n\nMicroseconds of CPU a sample in the scorer: by thread from the kernel, within "
        "Python's threads by the stacks that py-spy saw.\n\n"
        f"{table(['stage', 'numbers, us', 'flights, us'], [*rows, total])}\n![profile](bench-profile.png)\n"
    )


def _made(part: dict[str, Any]) -> str:
    return f"\n<sub>{part['at']} UTC, {part['rounds']} rounds in {part['took_s']} s, {part['machine']}</sub>\n"


def _missed(missed: Sequence[str]) -> str:
    lines = "".join(f"- {one}\n" for one in missed) or "None.\n"
    return f"## Goals missed\n\n{lines}"


def _explained(found: dict[str, Any]) -> str:
    """Why the goals that are missed are missed, from the profile and the table."""
    if "profile" not in found or "numbers" not in found:
        return ""
    us = {row["stage"]: row["us"] for row in found["profile"]["numbers"]["rows"]}
    speed = {row["name"]: row["per_cpu_second"] for row in found["numbers"]["table"]}
    bare = 1e6 / speed["client without a job"]
    client, job = us["Kafka client's threads (librdkafka)"] + us["produce"], sum(us[stage] for stage in JOB)
    return (
        f"## Why\n\n**The client without a job** spends {bare:.2f} us a record; .65 of its speed leaves "
        f"{bare / 0.65:.2f} us for everything. The client's own work inside the scorer takes {client:.2f} us of that "
        f"(frames save a good part of what the bare client pays), and the job alone, {', '.join(JOB)}, another "
        f"{job:.2f} us. Most of that is decode and encode, where a Python object a field is made and read: the goal "
        "wants a decoder that writes columns, in native code, which we do not write by hand.\n\n"
        f"**Quix Streams** does {speed.get(QUIX, 0):,} records a CPU-second, one at a time in Python, with the release "
        "that is locked here; its goal rests on a measurement of an earlier release on another machine, several times "
        "slower. **Bytewax** is within the noise of these machines of its goal.\n"
    )


QUIX = "Quix Streams, at least once"
JOB = ("decode", "validate", "ids", "predict", "count", "encode")
SECTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "numbers": _numbers,
    "flights": _flights,
    "latency": _latency,
    "checkpoints": _checkpoints,
    "once": _once,
    "scorers": _scorers,
    "widths": _widths,
    "states": _states,
    "profile": _profile,
}


def main() -> None:
    """Page and pictures."""
    from benchmarks import pictures  # noqa: PLC0415 - plotting is loaded where it is wanted

    found = result.read("bench")
    PAGE.write_text(text(found))
    pictures.draw(found, PAGE.parent)


if __name__ == "__main__":
    main()
