"""Fills the README's marked places from result files and code: `make readme`; a contract test compares."""

from pathlib import Path

from benchmarks import result
from benchmarks.marks import fill
from schemas.topics import TABLE

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def filled(text: str) -> str:
    """The text with each marked place filled anew."""
    return fill(text, {"demo": _demo(), "topics": _topics(), "why": _why(), "replay": _replay(), "bench": _bench()})


def _demo() -> str:
    found = result.read("demo")
    run = found["runs"][-1]
    return (
        "It ends with this (figures of the last kept run, on two shared cores):\n\n"
        "| figure | value |\n| --- | --- |\n"
        f"| flights received | {run['received']:,} |\n"
        f"| scored, rejected, duplicates | {run['scored']:,}, {run['rejected']}, {run['duplicates']} |\n"
        f"| not accounted for | {run['balance']} |\n"
        f"| drift events, retrains, promotions | {run['drift_events']}, {run['retrains']}, {run['promotions']} |\n"
        f"| **log-loss live** | **{run['log_loss_live']:.4f}** |\n"
        f"| log-loss never retrained | {run['log_loss_never_retrained']:.4f} |\n"
        f"| seconds, from the command to the end | {run['seconds']:.0f} |\n"
        f"| resident memory of everything, at most | {run['resident_mb']:,} MB |\n\n"
        f"Two runs in a row were {found['log_loss_live_apart']:.4f} apart in log-loss and "
        f"{found['retrains_apart']} in retrains.\n"
    )


def _topics() -> str:
    rows = [f"| `{topic.name}` | {topic.key} | {topic.value} |\n" for topic in TABLE]
    return "| topic | key | value |\n| --- | --- | --- |\n" + "".join(rows)


def _why() -> str:
    query = (ROOT / "infra" / "cli" / "why.sql").read_text().strip()
    return f"```sql\n{query}\n```\n"


def _replay() -> str:
    found = result.read("replay")
    return (
        f"`make bench-replay`: the {found['samples']:,} flights at full speed, unpaced, with every process running on "
        f"two shared cores, from the first sample sent to the last committed prediction: "
        f"**{found['samples_per_second']:,} samples/s** ({found['seconds']} s). "
        f"The goal is {found['goal_samples_per_second']:,}{': not reached yet' if found['missed'] else ''}.\n"
    )


def _bench() -> str:
    found = result.read("bench")
    table, half = found["numbers"]["table"], found["latency"]["rows"][1]
    rows = "".join(
        f"| {row['name']} | {row['per_cpu_second']:,} | {row['per_second']:,} | {row['first_is']:g} x |\n"
        for row in table
    )
    return (
        "`make bench`: the same job (decode, validate, score, count, a prediction each) in other hands, "
        f"{found['numbers']['bytes']}-byte samples of eight numbers, a real Kafka, two shared cores:\n\n"
        "| | records a CPU-second | records a second | the scorer is, per CPU-second |\n| --- | ---: | ---: | ---: |\n"
        f"{rows}\nFrom a sample to its committed prediction at half of the largest rate: {half['p50_ms']:g} ms in the "
        f"median, {half['p99_ms']:g} ms for 99 %. Exactly once costs what `docs/performance.md` shows, with the goals "
        "that were missed, and why, and where a microsecond goes.\n"
    )


if __name__ == "__main__":
    README.write_text(filled(README.read_text()))
