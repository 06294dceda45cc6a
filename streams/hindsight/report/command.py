"""What `leeway drift --report FILE` does: reads what the topics keep, and writes the page."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from infra.settings import Settings
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.topics import Topics
from streams.hindsight import kept
from streams.hindsight.choice import last
from streams.hindsight.counters import contracts
from streams.hindsight.report.compose import compose
from streams.hindsight.report.page import page


@dataclass(frozen=True, slots=True)
class Asked:
    """The window in panes, the version, and the time of panes' ends (epoch ms); None is what `choice.last` takes."""

    window: int | None
    version: int | None
    span: tuple[int, int]


def run(settings: Settings, declaration: Declaration, asked: Asked, path: Path, console: Console) -> None:
    """Writes the page.

    Raises:
        Refused: nothing was judged, or not what was asked for; or the file cannot be written.
        Unavailable: a server is away.
    """
    topics = Topics(declaration.name)
    live = kept.live(settings.kafka, topics)
    choice = last(declaration, live, asked.window, asked.version, asked.span)
    contract = contracts(settings, declaration, {choice.version}).get(choice.version)
    sketches, _ = kept.sketches(settings.kafka, topics)
    facts = compose(declaration, live, sketches, contract, choice, asked.version, asked.span)
    text = page(facts).encode("utf-8", "replace")
    try:
        path.write_bytes(text)
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror}). Give a file in a folder that exists") from error
    console.print(
        f"Report: {path} ({len(facts.now)} columns, {len(facts.spans)} incidents, {len(text):,} bytes)",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
