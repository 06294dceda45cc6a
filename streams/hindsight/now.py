"""The last verdict on each feature, as a table: what the reference and the window look like, in a few characters."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.settings import Settings
from schemas.apart import apart
from schemas.declaration import Declaration
from schemas.duration import day
from schemas.messages import Budget, DriftRow
from schemas.reference import OUTCOMES, Contract, named
from schemas.segment import in_segment
from schemas.topics import Topics
from streams.hindsight import kept
from streams.hindsight.choice import Choice, last, rows
from streams.hindsight.counters import contracts
from streams.hindsight.shapes import sparks
from streams.hindsight.spans import spans
from streams.hindsight.window import Shapes, shapes
from streams.summarize import Counter

STYLES = {"drifted": "bold red", "stable": "green", "insufficient": "dim"}


def show(settings: Settings, declaration: Declaration, window: int | None, console: Console) -> None:
    """Prints the last judged pane.

    Raises:
        Refused: nothing was judged yet, or not over this window.
        Unavailable: a server is away.
    """
    live = kept.live(settings.kafka, Topics(declaration.name))
    choice = last(declaration, live, window)
    console.print(
        f"{declaration.name} version {choice.version}, {choice.window} panes of {declaration.stream.pane} until "
        f"{day(choice.pane_end)} UTC; tolerance {declaration.drift.tolerance:g}",
        highlight=False,
    )
    contract = contracts(settings, declaration, {choice.version}).get(choice.version)
    found = rows(live, choice)
    shown = [row for row in found if not in_segment(row.feature) or row.verdict == "drifted"]
    console.print(table(shown, _shapes(settings, declaration, contract, choice)))
    for told in apart(contract, declaration.stream.segments) if contract else ():
        console.print(Text(told, "dim"))
    if len(shown) < len(found):
        console.print(Text(f"{len(found) - len(shown)} columns of segments have not drifted: see --report", "dim"))
    said = kept.budget(settings.kafka, Topics(declaration.name), choice.version)
    console.print(against_itself(said, declaration.drift.budget))
    for span in spans(live.told()):
        if span.stop is None:
            console.print(Text(f"Open since {day(span.start)}: {span.sentence}", "bold red"))


def against_itself(told: Budget | None, budget: str) -> Text:
    """How often the reference has raised an alarm against the rest of itself; red where that is more than allowed."""
    if told is None or not told.control_panes:
        return Text("A/A: the reference is too short to be held against the rest of itself", "dim")
    alarms = f"{told.control_alarms} false {'alarm' if told.control_alarms == 1 else 'alarms'}"
    return Text(
        f"A/A: {alarms} in {told.control_panes} panes of the reference against the rest of it; "
        f"{told.allowed:.2g} are allowed by the budget of {budget}",
        "red" if told.control_alarms > max(1, told.allowed) else "",
    )


def _shapes(settings: Settings, declaration: Declaration, contract: Contract | None, choice: Choice) -> Shapes:
    """The window's counts by column; empty if the version is gone."""
    if contract is None:
        return {}
    rows, _ = kept.sketches(settings.kafka, Topics(declaration.name))
    return shapes(declaration, rows, Counter(declaration, contract), choice)


def table(rows: Sequence[DriftRow], shapes: Shapes) -> Table:
    """A line a feature, what moved most first."""
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("feature", "reference", "window"):
        found.add_column(name, no_wrap=True)
    for name in ("effect", "95 %", "by", "p", "PSI", "by chance", "samples"):
        found.add_column(name, justify="left" if name == "by" else "right", no_wrap=True)
    found.add_column("verdict")
    for row in sorted(rows, key=lambda row: (row.verdict != "drifted", -row.effect)):
        was, now = sparks(*shapes[row.feature]) if row.feature in shapes else ("", "")
        found.add_row(
            Text(named(row.feature) + (f", until {day(row.pane_end)}" if row.feature in OUTCOMES else "")),
            Text(was, "cyan"),
            Text(now, "bright_white"),
            f"{row.effect:.3f}",
            "" if row.low is None or row.high is None else f"{row.low:.2f} to {row.high:.2f}",
            row.test,
            f"{row.p:.1g}",
            "" if row.psi_limit is None else f"{row.psi:.3f}",
            "" if row.psi_limit is None else f"{row.psi_limit:.3f}",
            f"{row.n:,}",
            Text(row.verdict, STYLES[row.verdict]),
        )
    return found
