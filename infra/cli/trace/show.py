"""A trace as a story, in the order in which things happened."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from infra.cli import words
from infra.cli.trace.found import Aside, Pane, Record, Trace
from schemas.duration import panes

Line = tuple[str, str]
MOST = 12
"""Windows that are shown."""


def show(found: Trace, console: Console) -> None:
    """One line a fact, with what it is about in front of it."""
    for what, line in lines(found):
        console.print(Text(f"{what:<11}", "bold"), Text(line), sep="")


def lines(found: Trace) -> Iterator[Line]:
    """What it is about, and the fact."""
    if not found.known:
        yield "unknown", f"nothing of {found.stream} has the id {found.id!r}"
        yield from (("looked in", place) for place in found.looked)
        return
    yield from (("received", _received(one)) for one in found.records)
    yield from (("put aside" if one.table == "rejected" else "late", _aside(one)) for one in found.aside)
    yield from _scored(found)
    yield from _labelled(found)
    if found.pane is not None:
        yield from _judged(found, found.pane)
    yield from _why(found)
    if not found.predictions:
        yield from (("looked in", place) for place in found.looked)


def _received(one: Record) -> str:
    place = f"{one.topic}/{one.partition}/{one.offset}"
    if one.gone:
        return f"{place}: its bytes are gone from the topic (retention)"
    moment = "without a time" if one.time is None else words.minute(one.time)
    return f"{place} at {moment}, key {one.key or '(none)'}, {one.size:,} bytes: {one.value}"


def _aside(one: Aside) -> str:
    place = f"{one.topic}/{one.partition}/{one.offset}"
    if one.table == "late":
        return f"{place} ({one.reason}): scored, and counted in no window. {one.detail}"
    return f"{place} was rejected as {one.reason}: {one.detail}. Its bytes are in `leeway rejected`"


def _scored(found: Trace) -> Iterator[Line]:
    for number, one in enumerate(found.predictions):
        shadows = "".join(f"; version {version} says {score:.4f}" for version, score in sorted(one.shadow.items()))
        twice = " (a later sample with the same id: the first counts)" if number else ""
        score = f"score {one.score:.4f}, class {one.label}{shadows}{twice}"
        yield "scored", f"{words.minute(one.ts)} by version {one.version}: {score}"
        yield "", f"from {one.features}"


def _labelled(found: Trace) -> Iterator[Line]:
    for one in found.labels:
        place = f"{found.stream}.labels/{one.partition}/{one.offset}"
        yield "label", f"{one.label}, known since {words.minute(one.ts)} ({place})"
    if found.predictions and not found.labels:
        yield "label", "none so far"


def _judged(found: Trace, pane: Pane) -> Iterator[Line]:
    quality = "" if pane.log_loss is None else f", log-loss {pane.log_loss:.4f}"
    yield (
        "pane",
        (
            f"{words.minute(pane.start)} to {words.minute(pane.end)}: {pane.predictions:,} samples, "
            f"{pane.labelled:,} labelled{quality}"
        ),
    )
    for one in found.windows[:MOST]:
        verdict = f"drift of {', '.join(one.drifted)} (effect {one.effect:.3f})" if one.drifted else "no drift"
        yield "window", f"{panes(one.panes)} until {words.minute(one.end)}: {verdict}, {one.columns} columns judged"
    if len(found.windows) > MOST:
        yield "window", f"and {len(found.windows) - MOST} more with drift; --json has all"
    for event in found.incidents:
        yield "incident", f"{event.kind} {words.minute(event.event_time)} ({event.subject}): {event.sentence}"
    if not found.incidents:
        yield "incident", "none was open"


def _why(found: Trace) -> Iterator[Line]:
    one = found.reign
    if one is None:
        return
    replaced = f" in place of version {one.replaced}" if one.replaced else ""
    yield "version", f"{one.version} serves since {words.minute(one.at)}{replaced}, by {one.retrain}"
    if one.cause:
        yield "because", one.cause
    if one.proof:
        yield "proof", one.proof
