"""Draws a `Situation` on one screen."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.backlog import Backlog
from infra.balance import Balance
from infra.cli import bars, words
from infra.cli.situation import InKafka, InPostgres, Server, Situation, StreamSituation
from infra.cli.tables import Decision, Quality, Shift
from infra.embedded import ProcessState, State

SHIFTS = 8
"""Features shown, those that moved most."""
PANES = 28
"""Panes over which quality is averaged."""
PHASES = {"ready": "green", "running": "green", "starting": "yellow", "backoff": "red", "failed": "bold red"}


def draw(situation: Situation, now: float) -> RenderableType:
    """The whole screen; `now` is in epoch seconds."""
    parts: list[RenderableType] = [_heading(f"Leeway in {situation.home}")]
    parts.append(_processes(situation.processes, now))
    parts.append(_servers(situation.servers))
    if not situation.streams:
        parts.append(Text("No stream yet: `leeway up DECLARATION` makes its topics and starts its workers."))
    parts.extend(_stream(stream) for stream in situation.streams)
    return Group(*parts)


def _stream(stream: StreamSituation) -> RenderableType:
    return Group(
        Text(),
        _heading(f"Stream {stream.name}"),
        _models(stream.kafka),
        _lag(stream.kafka),
        _backlog(stream.kafka.backlog),
        _balance(stream.balance, counted_by_lanes=bool(stream.postgres.trouble)),
        _tables(stream.postgres),
    )


def _tables(found: InPostgres) -> RenderableType:
    if found.trouble:
        return _line("drift, quality", found.trouble, "red")
    return Group(
        _qualities(found.qualities),
        _incident(found),
        *(_line(name, told, "yellow") for name, told in found.standing),
        _shifts(found.shifts),
        Text("decisions", style="bold"),
        trail(found.decisions),
    )


def _processes(state: State | None, now: float) -> RenderableType:
    if state is None:
        return Text("No supervisor runs here: processes that others started are not listed.", style="yellow")
    table = _table("process", "state", "pid>", "restarts>", "memory>", "for>", "last exit>")
    for one in state.processes:
        table.add_row(
            one.name,
            Text("done", "dim") if done(one) else Text(one.state, PHASES.get(one.state, "dim")),
            str(one.pid or ""),
            str(one.restarts or ""),
            words.megabytes(one.rss) if one.rss else "",
            words.lasted(now - one.since),
            "" if one.last_exit is None else str(one.last_exit),
        )
    reasons = [
        _line(one.name, one.reason.splitlines()[-1], "red")
        for one in state.processes
        if one.reason and one.state in ("failed", "backoff")
    ]
    return Group(table, *reasons)


def done(one: ProcessState) -> bool:
    """Whether it was to run once, as set-up does, and has: without a process, and not about to get one."""
    return one.pid is None and one.last_exit == 0 and one.state in ("running", "stopped")


def _servers(servers: Sequence[Server]) -> RenderableType:
    return Group(
        *(
            _line(server.name, server.trouble or f"answers at {server.address}", "red" if server.trouble else "green")
            for server in servers
        )
    )


def _models(found: InKafka) -> RenderableType:
    if found.trouble:
        return _line("models, lag", found.trouble, "red")
    if found.models is None:
        return _line("champion", "none yet: `leeway train DECLARATION HISTORY` trains the first", "yellow")
    models = found.models
    shadows = ", ".join(f"v{shadow.version}" for shadow in models.shadows) or "none"
    previous = f", previous v{models.previous.version}" if models.previous else ""
    serving = ", ".join(f"{one.worker} partition {one.partition}: v{one.version}" for one in found.served)
    late = any(one.model_sha256 != models.champion.model_sha256 for one in found.served)
    return Group(
        _line(
            "champion", f"v{models.champion.version} since {words.minute(models.at)}{previous}; in shadow: {shadows}"
        ),
        _line("served by", serving or "nobody has said so yet", "yellow" if late or not serving else ""),
    )


def _lag(found: InKafka) -> RenderableType:
    if found.trouble:
        return Text()
    # the scorers' place is in their lanes' state: what Faust commits for their group decides nothing
    lags = {group.partition(".")[2]: sum(topics.values()) for group, topics in found.lags.items()}
    if found.lanes is not None:
        lags["scorer"] = found.lanes.total.lag
    texts = [f"{name} {words.count(lag)}" for name, lag in sorted(lags.items())]
    return _line("lag in records", ", ".join(texts) or "no group has committed yet")


def _backlog(found: Backlog | None) -> RenderableType:
    if found is None:
        return Text(end="")
    rates = f"{words.count(found.done)}/s scored, {words.count(found.arriving)}/s come"
    if found.left_s is None:
        told = "nothing is scored" if found.done <= 0 else "it grows"
        return _line("backlog", f"{words.count(found.waiting)} samples wait; {told} ({rates})", "red")
    done_at = f"done in {words.lasted(found.left_s)}"
    return _line("backlog", f"{words.count(found.waiting)} samples wait; {rates}; {done_at}", "yellow")


def _balance(found: Balance | None, *, counted_by_lanes: bool) -> RenderableType:
    if found is None:
        return _line("balance", "not known while Kafka does not answer", "red")
    source = " (scored and rejected as the scorers say, since PostgreSQL is away)" if counted_by_lanes else ""
    return _line("balance", balance_words(found) + source)


def balance_words(found: Balance) -> str:
    """The sum in words: received = scored + rejected + duplicates, and what is open."""
    total = found.total
    gone = f", unavailable {words.count(total.unavailable)}" if total.unavailable else ""
    return (
        f"received {words.count(total.received)} = scored {words.count(total.scored)}"
        f" + rejected {words.count(total.rejected)} + duplicates {words.count(total.duplicates)}"
        f" + open {words.count(total.lag)}   (late {words.count(total.late)}{gone})"
    )


def _qualities(found: Sequence[Quality]) -> RenderableType:
    if not found:
        return _line("quality", "no labelled panes yet")
    texts = []
    for role, version in [(one.role, one.version) for one in found if one.pane_start == found[-1].pane_start]:
        panes = [one for one in found if one.role == role and one.version == version][-PANES:]
        rows = sum(one.labelled for one in panes)
        mean = sum(one.log_loss * one.labelled for one in panes) / rows
        texts.append(f"{role} v{version} log-loss {words.loss(mean)} ({words.count(rows)} labelled)")
    return _line(f"last {PANES} panes", ", ".join(texts))


def _incident(found: InPostgres) -> RenderableType:
    if found.incident is None:
        return _line("drift", "no open incident", "green")
    return _line(
        "drift", f"{found.incident.kind} {words.day(found.incident.event_time)}: {found.incident.sentence}", "red"
    )


def _shifts(shifts: Sequence[Shift]) -> RenderableType:
    if not shifts:
        return Text("no window has been judged yet", style="dim")
    table = _table("feature", "effect", ">", "panes>", "n>", "missing>", "verdict")
    for shift in shifts[:SHIFTS]:
        style = words.VERDICTS.get(shift.verdict, "")
        table.add_row(
            Text(shift.feature),
            Text(bars.bar(shift.effect, 0.5, 20), style),
            f"{shift.effect:.3f}",
            str(shift.window_panes),
            words.count(shift.n),
            f"{shift.missing:.1%}",
            Text(shift.verdict, style),
        )
    return table


def trail(decisions: Sequence[Decision]) -> RenderableType:
    """The decisions, one a line: day in the stream, step, reason in words."""
    if not decisions:
        return Text("  none yet", style="dim")
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=11, no_wrap=True)
    table.add_column(width=12, no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for one in decisions:
        table.add_row(
            Text(words.day(one.event_time), "dim"), Text(one.step, words.STYLES.get(one.step, "")), Text(one.reason)
        )
    return table


def _heading(text: str) -> Text:
    return Text(text, style="bold reverse")


def _line(name: str, text: str, style: str = "") -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=15, no_wrap=True)
    row.add_column()
    row.add_row(Text(name, "bold"), Text(text, style))
    return row


def _table(*columns: str) -> Table:
    """A table without frames; a name that ends in > is of a column of figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name.removesuffix(">"), justify="right" if name.endswith(">") else "left", no_wrap=True)
    return table
