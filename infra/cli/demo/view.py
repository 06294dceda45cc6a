"""Draws a `Moment` for a terminal of 100 columns and 35 lines, or as one line where there is no terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.cli import bars, screen, words
from infra.cli.demo.moment import DAY_MS, Moment
from infra.cli.tables import Shift

FEATURES = 8
TRAIL = 8
CHART = 52
"""Columns of the year in the chart."""
BAR = 24
SEEN = 0.0005
"""Differences below this would be shown as zero."""
LIVE, NEVER = "bold cyan", "yellow"


def draw(moment: Moment) -> RenderableType:
    """The whole screen."""
    return Group(
        _head(moment),
        _clock(moment),
        Text(),
        _losses(moment),
        Text(),
        _drift(moment),
        Text(),
        _trail(moment),
        Text(),
        _balance(moment),
    )


def line(moment: Moment) -> str:
    """The same in one line of plain text."""
    live, never = moment.losses.total()
    held = f"clock held for {moment.hold.retrain}" if moment.hold else ""
    parts = (
        f"{moment.elapsed_s:5.0f} s  {words.day(moment.date)}  {moment.progress:4.0%}",
        f"{words.count(moment.rate):>6}/s",
        f"scored {words.count(moment.account.scored)}",
        f"log-loss live {words.loss(live)}, never retrained {words.loss(never)}",
        f"v{moment.champion or '?'}",
        f"drift events {moment.drift_events}",
        f"retrains {moment.retrains}",
    )
    return "  ".join([*parts, *[text for text in (moment.phase, held) if text]])


def _head(moment: Moment) -> RenderableType:
    bar = bars.bar(moment.progress, 1.0, 40)
    row = Table.grid(padding=(0, 2))
    row.add_row(
        Text("Leeway: a year of flights", "bold reverse"),
        Text(words.day(moment.date), "bold"),
        Text(bar, "cyan on grey23"),
        f"{moment.progress:.0%}",
        f"{moment.elapsed_s:.0f} s",
    )
    return row


def _clock(moment: Moment) -> RenderableType:
    throughput = f"{words.count(moment.rate)} samples/s through Kafka. "
    if moment.hold:
        days = moment.speed * moment.hold.seconds / (DAY_MS / 1000)
        return Text.assemble(
            (f"Clock held {moment.hold.seconds:.0f} s", "bold black on yellow"),
            f" while a model is trained and proven: unheld, {days:.0f} days of flights would have gone by.",
        )
    pace = f"{words.count(moment.speed)} times as fast as it was; clock held while retraining."
    return Text(throughput + (moment.phase or pace), no_wrap=True, overflow="ellipsis")


def _losses(moment: Moment) -> RenderableType:
    rolling = moment.losses.rolling()
    now, total = rolling[-1][1:] if rolling else (None, None), moment.losses.total()
    low, high = _scale([value for _, live, never in rolling for value in (live, never)])
    table = Table.grid(padding=(0, 1))
    table.add_column(width=15, no_wrap=True)
    table.add_column(width=CHART, no_wrap=True)
    table.add_column(justify="right", width=12)
    table.add_column(justify="right", width=12)
    table.add_row(
        Text("Log-loss", "bold"), Text("lower is better; known when a flight has landed", "dim"),
        Text("last 28 days", "dim"), Text("in total", "dim"),
    )  # fmt: skip
    rows = (
        (f"live, now v{moment.champion or '?'}", LIVE, 1, 0),
        ("never retrained", NEVER, 2, 1),
    )
    for name, style, column, index in rows:
        points = [(float(one[0]), one[column]) for one in rolling]
        upper, lower = bars.sparkline(bars.resample(points, moment.start, moment.stop, CHART), low, high, rows=2)
        table.add_row("", Text(upper, style), "", "")
        table.add_row(
            Text(name, style),
            Text(lower, style),
            Text(words.loss(now[index]), style),
            Text(words.loss(total[index]), style),
        )
    table.add_row(Text("new model", "green"), Text(_promotions(moment), "green"), "", Text(_gain(*total), "green"))
    table.add_row("", Text(_months(moment), "dim"), "", "")
    return table


def _scale(values: list[float]) -> tuple[float, float]:
    """From a little below the least to the greatest, so that the smallest difference that matters is seen."""
    if not values:
        return 0.0, 1.0
    spread = max(max(values) - min(values), 0.02)
    return min(values) - 0.15 * spread, max(values)


def _promotions(moment: Moment) -> str:
    marks = [" "] * CHART
    for time, version in moment.promotions:
        place = min(CHART - 1, max(0, int((time - moment.start) / (moment.stop - moment.start) * CHART)))
        for index, letter in enumerate(f"▲{version}"):
            if place + index < CHART:
                marks[place + index] = letter
    return "".join(marks)


def _gain(live: float | None, never: float | None) -> str:
    """How much better the live model is, once there is a difference."""
    gain = live / never - 1 if live is not None and never else 0.0
    return f"{gain:+.1%}" if abs(gain) >= SEEN else ""


def _months(moment: Moment) -> str:
    """The first letter of each month where it begins."""
    marks = [" "] * CHART
    for day in range(moment.start, moment.stop, DAY_MS):
        if words.day(day).startswith("01 "):
            marks[int((day - moment.start) / (moment.stop - moment.start) * CHART)] = words.day(day)[3]
    return "".join(marks)


def _trail(moment: Moment) -> RenderableType:
    shown = moment.decisions[-TRAIL:]
    return Group(Text("Decisions", "bold"), screen.trail(shown), *[Text()] * (TRAIL - max(1, len(shown))))


def _drift(moment: Moment) -> RenderableType:
    learnt = f"  how far each feature has moved from what v{moment.champion or '?'} learnt; "
    title = Text.assemble(("Drift", "bold"), (f"{learnt}│ = tolerated ({moment.tolerance:g})", "dim"))
    if not moment.shifts:
        return Group(title, Text("no window has been judged yet", "dim"), *[Text()] * (FEATURES - 1))
    shown = moment.shifts[:FEATURES]
    table = Table.grid(padding=(0, 1))
    for shift in shown:
        table.add_row(*_shift(shift, moment.tolerance))
    return Group(title, table, *[Text()] * (FEATURES - len(shown)))


def _shift(shift: Shift, tolerance: float) -> tuple[RenderableType, ...]:
    style = words.VERDICTS.get(shift.verdict, "")
    panes = f"{shift.window_panes} day{'s' if shift.window_panes > 1 else ''}"
    return (
        Text(f"{shift.feature[:15]:<15}"),
        Text(bars.against(shift.effect, tolerance, BAR), style),
        Text(f"{shift.effect:.3f}", style),
        Text(f"{shift.verdict:<12}", style),
        Text(f"over {panes}, {words.count(shift.n)} samples", "dim"),
    )


def _balance(moment: Moment) -> RenderableType:
    one = moment.account
    parts = (
        f"{words.count(one.received)} received = {words.count(one.scored)} scored",
        f"{words.count(one.rejected)} rejected",
        f"{words.count(one.duplicates)} duplicates",
        f"{words.count(one.lag)} on their way",
    )
    remarks = "".join(f"; {remark}" for remark in moment.remarks)
    return Group(
        Text.assemble(("Balance  ", "bold"), " + ".join(parts)),
        Text(f"{moment.resident_mb:,.0f} MB resident{remarks}", "dim"),
    )
