"""docs/fuzz.md out of the result file."""

from pathlib import Path
from typing import Any

from benchmarks import result

PAGE = Path(__file__).parents[2] / "docs" / "fuzz.md"


_PAGE = """\
# {sent:,} fuzzed records

`make fuzz RECORDS={sent} SEED={seed}`: records made by hypothesis, and valid ones mutated, sent to a real Kafka and
taken by the real framer and scorer. Each record was then made once more and held against what the topics hold: it is
once in `predictions`, with its id and its features, or once in `rejected`, with the bytes that were sent and a reason,
or its id was scored before.

| outcome | records |
| --- | --- |
| scored | {scored:,} |
{rejected}| duplicate of an id scored before | {duplicates:,} |
| **all** | **{all:,}** |

Sent: {sent:,}. Late or ahead of their time, and scored all the same: {late:,}. Processes that ended: {processes_ended}.
Seconds from the first record sent to the last one committed: {seconds:.0f}. Not as it should be: {wrong}.

## By kind of record

| kind | records | ended as |
| --- | --- | --- |
{kinds}"""


def page(found: dict[str, Any]) -> str:
    """The text of the page."""
    rejected = "".join(f"| rejected: `{name}` | {count:,} |\n" for name, count in found["reasons"].items())
    kinds = "".join(f"| {kind} | {sum(ends.values()):,} | {_ends(ends)} |\n" for kind, ends in found["kinds"].items())
    every = found["scored"] + found["duplicates"] + sum(found["reasons"].values())
    own = {"rejected": rejected, "kinds": kinds, "all": every, "wrong": len(found["missed"])}
    return _PAGE.format_map(found | own)


def _ends(ends: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(ends.items(), key=lambda end: -end[1]))


def write() -> None:
    """Writes the page anew."""
    PAGE.write_text(page(result.read("fuzz")))


if __name__ == "__main__":
    write()
