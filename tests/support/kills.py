"""`make kills`: each step of each play, and how a process that is killed there goes on."""

from pathlib import Path
from typing import Any

import structlog

from benchmarks import result
from support.plays import PLAYS
from support.stepwise import Effects, Outside, Play, perform, without_servers

PAGE = Path(__file__).parents[2] / "docs" / "retraining.md"
BEGIN, END = "<!-- kills: made by `make kills` -->\n", "<!-- end of kills -->\n"


def measure() -> dict[str, Any]:
    """Kills a retrainer before and after every effect; what its successor does next, and whether all ends alike."""
    plays = {name: _play(play) for name, play in PLAYS.items()}
    kills = [one for rows in plays.values() for row in rows for one in (row["before"], row["after"])]
    differ = sum(not one["alike"] for one in kills)
    missed = [f"{differ} of {len(kills)} kills end otherwise than undisturbed"] if differ else []
    return {"kills": len(kills), "differ": differ, "plays": plays, "missed": missed}


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    kills, differ = figures["kills"], figures["differ"]
    otherwise = "another champion, alias, version, shadow, or another step in the trail"
    said = [f"{kills} kills, {differ} of them ended otherwise than the undisturbed run: {otherwise}.\n"]
    for name, rows in figures["plays"].items():
        said.append(f"\n**{name[0].upper()}{name[1:]}**\n\n| step | killed before it, the next process begins with |")
        said.append(" killed after it, with |\n|---|---|---|\n")
        said += [f"| {row['step']} | {row['before']['next']} | {row['after']['next']} |\n" for row in rows]
    return "".join(said)


def page(text: str, figures: dict[str, Any]) -> str:
    """The page with its table of these figures."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table(figures) + END + rest.partition(END)[2]


def state(outside: Outside) -> tuple[object, ...]:
    """What must be the same in the end, whatever happened."""
    told = outside.models[-1]
    steps = list(dict.fromkeys((one.retrain, one.step, one.version) for one in outside.decisions))
    return steps, told.champion, told.previous, told.shadows, outside.aliases, outside.versions


def _play(play: Play) -> list[dict[str, Any]]:
    plain = perform(play, Effects())
    return [
        {
            "step": effect,
            "before": _killed(play, Effects(number), state(plain)),
            "after": _killed(play, Effects(number, after=True), state(plain)),
        }
        for number, effect in enumerate(plain.effects.names)
    ]


def _killed(play: Play, effects: Effects, wanted: tuple[object, ...]) -> dict[str, Any]:
    found = perform(play, effects)
    following = effects.names[(effects.at or 0) + 1 :]
    return {"next": following[0] if following else "nothing: it is over", "alike": state(found) == wanted}


def main() -> None:
    """Measures, keeps, and writes the page."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with without_servers():
        figures = measure()
    PAGE.write_text(page(PAGE.read_text(), figures))
    result.keep("kills", figures)


if __name__ == "__main__":
    main()
