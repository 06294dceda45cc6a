"""The sections of a proposed declaration as TOML text; every line says what was found."""

import math

import numpy as np
from numpy.typing import NDArray

from producers.convert import Unreadable, convert, times
from producers.likeness import INDEPENDENT, leaf
from producers.rawtable import RawTable
from producers.rhythm import ENOUGH, Rhythm, in_words
from producers.survey import Finding
from schemas.errors import Refused

MINUTE_MS = 60_000
DOUBT = 1.0
PAYOFF = 0.01
"""Proposed for whatever data: what a retrain should be worth, and what a challenger is granted."""


def stream(name: str, event_time: str, pace: Rhythm) -> str:
    """[stream]: how time passes in it."""
    enough = "" if pace.samples >= ENOUGH else f"; {ENOUGH} would be better"
    return f"""[stream]
name = "{name}"  # prefix of its topics
event_time = "{event_time}"  # ISO 8601 or epoch milliseconds
pane = "{pace.pane}"  # smallest window that drift is judged over: about {pace.samples:.0f} samples{enough}
lateness = "{pace.lateness}"  # a sample may come this much after later ones and still count in its pane
max_jump = "{pace.max_jump}"  # a sample further ahead than this is taken for a broken clock
partitions = 3  # as many scorers as this can share the work"""


def feature(finding: Finding) -> str:
    """[features.NAME]; its limits are comments, because a sample outside of them would be rejected."""
    lines = [f"[features.{finding.name}]", f'kind = "{finding.kind}"  # {safe(finding.note)}']
    if finding.missing:
        share = f"{finding.missing:.2%}".replace("%", " %")
        lines.append(f"required = false  # missing in {share} of the rows")
    if finding.low is not None and finding.high is not None:
        low, high = finding.low, finding.high
        least, most = _limits(low, high)
        lines.append(f"# min = {least}  # seen {low:g}; a sample below min is rejected")
        lines.append(f"# max = {most}  # seen {high:g}; a sample above max is rejected")
    return "\n".join(lines)


def label(table: RawTable, values: NDArray[np.float64], column: str, event_time: str) -> str:
    """[label]: what was found in `column`, whose `labels` are `values`, and how late labels came.

    Raises:
        Refused: times cannot be read.
    """
    found, delay = f"no column {safe(column)!r} was found: send labels, 0 or 1, to the topic of labels", None
    if table.columns.get(column) is not None:
        found, delay = _label_note(values, column), _delay(table, event_time)
    seen = "twice the longest that was seen" if delay else "nothing is known of it"
    return f"""[label]
task = "binary"  # {found}
max_delay = "{delay or "30d"}"  # time from a sample to its label after which it is not waited for; {seen}"""


def labels(table: RawTable, column: str) -> NDArray[np.float64]:
    """The labels of all rows, float64 of 0 and 1, NaN where there is none.

    Raises:
        Refused: the column holds something else than 0, 1, true, false or nothing.
    """
    if table.columns.get(column) is None:
        return np.full(table.rows, np.nan)
    try:
        values = convert(table.columns[column], "number")
    except Unreadable:
        try:
            values = convert(table.columns[column], "boolean")
        except Unreadable as error:
            raise Refused(f"{table.place(error.row)}, column {column}: {error}; a label is 0, 1 or empty") from error
    found: NDArray[np.float64] = values.astype(np.float64)
    known = found[~np.isnan(found)]
    if not np.isin(known, (0, 1)).all():
        seen = np.unique(known)[:5].tolist()
        raise Refused(f"{table.path}, column {column}: labels must be 0, 1 or empty; found {seen}")
    return found


def _label_note(values: NDArray[np.float64], column: str) -> str:
    known = values[~np.isnan(values)]
    hint = "" if column == "label" else f"; replay with --label {safe(column)}"
    share = f"{known.mean():.1%} of them 1".replace("%", " %") if known.size else "none is known"
    return f"column {safe(column)}: {known.size} labels, {share}{hint}"


def _delay(table: RawTable, event_time: str) -> str | None:
    """Twice the longest time between a sample and its label, in whole minutes; None if there are no label times."""
    if table.columns.get("label_ts") is None:
        return None
    try:
        (known_at, known), (begun, present) = times(table.columns["label_ts"]), times(table.columns[event_time])
    except Unreadable as error:
        raise Refused(f"{table.place(error.row)}, column label_ts: {error}") from error
    delays = (known_at - begun)[known & present]
    return in_words(max(-(-2 * int(delays.max()) // MINUTE_MS), 1) * MINUTE_MS) if delays.size else None


def model(alike: float | None, known: int) -> str:
    """[model]: the one that needs no preparation of its inputs; `known` labels, `alike` as `likeness` has it."""
    told = f"{alike:.1f} labels of a day say as much as one" if alike else "how alike labels are is not known"
    return f"""[model]
estimator = "sklearn.ensemble:HistGradientBoostingClassifier"  # takes missing values and categories as they are
params = {{ max_iter = 100, min_samples_leaf = {leaf(alike, known)} }}  # {told}; a leaf should hold {INDEPENDENT} such
baseline = "none"  # "first": version 1 goes on scoring, to show what standing still would have cost"""


def retrain(pace: Rhythm) -> str:
    """[retrain]: lengths that fit into the history."""
    return f"""[retrain]
payoff = {PAYOFF}  # a retrain should save this share of the loss over maximum_age; that makes one due, sooner or later
maximum_age = "{pace.maximum_age}"  # and at the latest now
cooldown = "{pace.cooldown}"  # at least this much event time between two retrains
retry = "{pace.cooldown}"  # the same after a challenger that was not better; doubled each time
recent = "{pace.recent}"  # the shorter of the two training windows; the other is all history
fold = "{pace.fold}"  # length of each part that a trained model is tested on

[promotion]
doubt = {DOUBT}  # a challenger, which knows more, takes over unless it was worse by so many standard errors"""


def _limits(low: float, high: float) -> tuple[str, str]:
    """Limits a tenth of the range outside of what was seen, rounded outwards; not below 0 if nothing was."""
    margin = max((high - low) * 0.1, 1.0)
    step = 10.0 ** math.floor(math.log10(margin))
    bottom = math.floor((low - margin) / step) * step
    return f"{max(bottom, 0.0) if low >= 0 else bottom:.10g}", f"{math.ceil((high + margin) / step) * step:.10g}"


def safe(text: str) -> str:
    """Text that may stand in a comment: no control characters, which TOML forbids there, and not long."""
    return "".join(character if character.isprintable() else "?" for character in text)[:200]
