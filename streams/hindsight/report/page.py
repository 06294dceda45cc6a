"""Facts -> the page: one file with everything in it, that asks no network for anything."""

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from schemas.apart import apart
from schemas.duration import day, panes
from schemas.messages import DriftRow
from streams.hindsight.report import story, words
from streams.hindsight.report.facts import Facts
from streams.hindsight.report.section import section
from streams.hindsight.report.thin import MOST as POINTS
from streams.hindsight.report.thin import per_point

FEATURES = 200
"""Drawn at most, those that moved most: with them the page stays below LARGEST."""
LARGEST = 12_000_000
"""Bytes."""


def page(facts: Facts) -> str:
    """The whole page."""
    ordered = sorted(facts.now, key=lambda row: (row.verdict != "drifted", -row.effect, row.feature))
    shown = facts.spans[-story.MOST :]
    return _template().render(
        facts=facts,
        stream=facts.declaration.name,
        now=facts.now[0],
        day=day,
        panes=panes,
        words=words,
        settings=[*words.settings(facts.declaration, facts.levels), *_apart(facts)],
        timeline=story.timeline(shown, facts.extent) if shown else "",
        spans=shown,
        ordered=ordered[:FEATURES],
        sections=[section(facts, row) for row in ordered[:FEATURES]],
        left_out=_left_out(facts, ordered),
    )


def _apart(facts: Facts) -> list[str]:
    """By which segments the version is judged, and how much of its reference is in none of them."""
    return [f"{said}." for said in apart(facts.contract, facts.declaration.stream.segments)] if facts.contract else []


def _left_out(facts: Facts, ordered: list[DriftRow]) -> list[str]:
    """What the page does not show, in words."""
    found = list(facts.remarks)
    if len(ordered) > FEATURES:
        names = ", ".join(words.named(row.feature) for row in ordered[FEATURES:][:20])
        found.append(
            f"{len(ordered):,} columns were judged; drawn are the {FEATURES} that moved most. Left out: {names}"
            f"{', ...' if len(ordered) > FEATURES + 20 else ''}."
        )
    if len(facts.spans) > story.MOST:
        found.append(f"Of {len(facts.spans):,} incidents the last {story.MOST} are told.")
    windows = len({row.pane_end for rows in facts.runs.values() for row in rows})
    if per_point(windows) > 1:
        found.append(
            f"{windows:,} panes were judged: in the runs, of each {per_point(windows)} windows in a row the one that "
            f"moved most is drawn (at most {POINTS} in a drawing)."
        )
    return found


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((resources.files("streams.hindsight.report") / "page.html").read_text("utf-8"))
