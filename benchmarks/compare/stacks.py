"""py-spy's stacks -> where CPU goes: each stack is told by its deepest frame that a rule knows."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

RULES: tuple[tuple[str, str, str], ...] = (
    ("waiting", r"select|_worker|wait", r"(selectors|concurrent/futures/thread|threading)\.py"),
    ("validate", r"_bounded|_explained|_believable|_unusable|_sized", r"streams/\w+\.py"),
    ("validate", r"", r"streams/(explain|watermark)\.py"),
    ("decode", r"", r"streams/decode\.py"),
    ("ids", r"_first_time", r"streams/score\.py"),
    ("ids", r"", r"streams/recent\.py"),
    ("predict", r"", r"infra/(serving|forest|boosting)\.py|streams/encode\.py|/sklearn/.*"),
    ("count", r"_count", r"streams/score\.py"),
    ("count", r"", r"streams/(summarize|grid|tally)\.py"),
    ("encode", r"_predictions|_by_version", r"streams/score\.py"),
    ("unpack frame", r"", r"schemas/frame\.py"),
    ("produce", r"produce|_put_aside", r"streams/(lane|transaction)\.py"),
    ("commit", r"commit|_close_panes|_row|_sketch", r"streams/(lane|transaction)\.py"),
    ("commit", r"", r"schemas/(sketch|position)\.py"),
    ("judge, reload, watchdog", r"", r"streams/(court|judge|verdict|reload|watchdog|incident|drift/\w+)\.py"),
    ("stage and lane, their own lines", r"", r"streams/\w+\.py"),
    ("Faust: aiokafka, event loop", r"", r"/(faust|mode|aiokafka|asyncio|concurrent)/.*"),
)
"""Stage, and what it is known by: the begin of a function's name and the end of its file's path."""
WAITING, OTHER = "waiting", "other Python"
_COMPILED = tuple(
    (stage, re.compile(rf"(?:[\w.<>]+\.)?(?:{name})[\w.<>]* \(\S*(?:{file}):\d+\)$")) for stage, name, file in RULES
)
_THREAD = re.compile(r"thread \((\d+)\)")


def stage(stack: str) -> str:
    """Of one stack, outermost frame first, divided by semicolons."""
    for frame in reversed(stack.split(";")):
        for name, pattern in _COMPILED:
            if pattern.match(frame):
                return name
    return OTHER


def spent(raw: str, cpu: Mapping[int, float]) -> dict[str, float]:
    """CPU-seconds by stage.

    Within a thread by py-spy's samples, between threads by what the kernel says: a thread that waits is sampled too.

    Args:
        raw: of `py-spy record --format raw --threads --full-filenames`.
        cpu: CPU-seconds of each thread, by the number that the kernel gives it.
    """
    samples: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        thread = _THREAD.match(stack)
        name = stage(stack)
        if thread and name != WAITING:
            samples[int(thread[1])][name] += int(count)
    found: defaultdict[str, float] = defaultdict(float)
    for number, seconds in cpu.items():
        counts = samples.get(number) or Counter({OTHER: 1})
        for known, times in counts.items():
            found[known] += seconds * times / counts.total()
    return dict(found)
