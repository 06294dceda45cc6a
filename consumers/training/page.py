"""report.html: one page, whole in itself, from which a person can say whether they would sign the promotion."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from consumers.training.cause import Cause
from consumers.training.importance import Importance
from consumers.training.job import Result
from consumers.training.selection import Selection
from consumers.training.trial import Trial
from schemas.duration import day

PAGE = "report.html"
_TEMPLATE = Path(__file__).with_name("page.html.j2")


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is of; `champion` is the number of the version that serves, None for a first one."""

    stream: str
    champion: int | None
    cause: Cause | None
    selection: Selection | None
    trial: Trial | None
    matters: Mapping[str, Importance]
    before: Mapping[str, float]


def write(folder: Path, result: Result, subject: Subject) -> str:
    """Writes the page with the pictures that `result` names, which lie in `folder`; its name."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only the training process writes pages

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["moment"] = lambda time_ms: f"{day(time_ms)} UTC"
    environment.tests["drift"] = lambda name: name.startswith("drift/")
    template = environment.from_string(_TEMPLATE.read_text())
    changes = importances(subject.matters, subject.before)
    pictures = {name: b64encode((folder / name).read_bytes()).decode() for name in result.pictures}
    text = template.render(result=result, gate=result.gate, subject=subject, changes=changes, pictures=pictures)
    (folder / PAGE).write_text(text)
    return PAGE


def importances(
    matters: Mapping[str, Importance], before: Mapping[str, float]
) -> Sequence[tuple[str, float, float, float | None]]:
    """Feature, importance now, its deviation over repeats, and what it is more than the champion's; largest first."""
    rows = [
        (name, one.mean, one.std, one.mean - before[name] if name in before else None) for name, one in matters.items()
    ]
    return sorted(rows, key=lambda row: -row[1])
