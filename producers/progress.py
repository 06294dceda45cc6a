"""A replay's progress bar: the date in the stream, records a second, what remains, what it waits for."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from producers.replay import moment


class _Rate(ProgressColumn):
    """Records a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:>8,.0f} records/s")


class Bar:
    """Shows a replay of `total` events on a terminal; elsewhere it stays silent but for `say`."""

    def __init__(self, total: int, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.fields[moment]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            _Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("replay", total=total, moment="", note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def advanced(self, events: int, moment: int) -> None:
        """So many more events were sent; the last has this event time in epoch milliseconds."""
        self._progress.update(self._task, advance=events, moment=_date(moment))

    def held(self, retrain: str | None) -> None:
        """The replay waits for this retrain, or (None) goes on."""
        note = f"held: retrain {retrain}" if retrain else ""
        self._progress.update(self._task, note=note)
        if not self._console.is_terminal:
            self.say(f"Held while retrain {retrain} is in flight" if retrain else "Going on")

    def say(self, text: str) -> None:
        """One plain line above the bar."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _date(milliseconds: int) -> str:
    return moment(milliseconds)[:16].replace("T", " ")
