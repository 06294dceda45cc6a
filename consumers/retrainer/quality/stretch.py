"""Marks of pane after pane -> stretches in which a column was broken."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from consumers.retrainer.quality.live import Grid
from consumers.retrainer.quality.rules import Kind, Mark
from consumers.training.dataset import Mask


@dataclass(frozen=True, slots=True)
class Stretch:
    """A column from the start of its first marked pane to the end of its last one, epoch ms; `mark` is the last one.

    It is `open` while no pane after it was right.
    """

    column: str
    kind: Kind
    start: int
    end: int
    panes: int
    open: bool
    mark: Mark


def stretches(
    scanned: Iterable[tuple[int, Mask, list[Mark]]], names: list[str], grid: Grid, before: int
) -> list[Stretch]:
    """In order of time; the first pane of the grid has the number `before`. What was not judged says nothing."""
    done: list[Stretch] = []
    going: dict[tuple[int, str], Stretch] = {}
    for pane, judged, marks in scanned:
        end = grid.end(pane - before)
        marked = {(mark.column, mark.kind): mark for mark in marks}
        over = [key for key in going if judged[key[0]] and key not in marked]
        done.extend(replace(going.pop(key), open=False) for key in over)
        for key, mark in marked.items():
            was = going.get(key)
            start, panes = (was.start, was.panes + 1) if was else (end - grid.length, 1)
            going[key] = Stretch(names[mark.column], mark.kind, start, end, panes, open=True, mark=mark)
    return sorted([*done, *going.values()], key=lambda one: (one.start, one.mark.column))
