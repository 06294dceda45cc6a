"""What a person asks of the retrainer: written to `requests`, answered by decisions, which are waited for."""

import getpass
import time
from uuid import uuid4

import msgspec
from rich.console import Console

from infra import kafka, offsets
from infra.cli import decisions
from infra.cli.tables import Decision
from infra.settings import Settings
from schemas.errors import Refused, Unavailable
from schemas.messages import RELEASING_STEPS, Request, encode
from schemas.topics import Topics

ENDS = RELEASING_STEPS | {"refused", "frozen", "thawed", "started", "skipped"}
"""After one of these there is nothing more to wait for."""
_AGAIN_S = 0.2


def request(kind: str, why: str, who: str | None, version: int | None = None, *, force: bool = False) -> Request:
    """A request of now, by the user of this machine unless another is named.

    Raises:
        Refused: there is no reason.
    """
    if not why.strip():
        raise Refused("--why is empty: whoever reads the trail one day wants to know")
    return msgspec.convert(
        {
            "id": f"request-{uuid4().hex[:12]}", "kind": kind, "who": who or getpass.getuser(), "why": why,
            "at": kafka.now_ms(), "version": version, "force": force,
        },
        Request,
    )  # fmt: skip


def ask(settings: Settings, stream: str, asked: Request, wait_s: float, console: Console) -> bool:
    """Asks, and prints what is decided on it; False if it was refused or did not succeed.

    Raises:
        Refused: the stream has no topic for it.
        Unavailable: Kafka does not answer, or nothing was decided within `wait_s`.
    """
    topics = Topics(stream)
    if not offsets.ends(settings.kafka, topics.requests):
        raise Refused(f"There is no topic {topics.requests}: `leeway up` with its declaration provisions it")
    start = offsets.ends(settings.kafka, topics.decisions)[0][1]
    kafka.deliver(kafka.producer(settings.kafka), topics.requests, encode(asked), stream)
    deadline, told = time.monotonic() + wait_s, 0
    while True:
        found = [one for one in decisions.from_topic(settings.kafka, stream, start) if one.event == asked.id]
        if found[told:]:
            decisions.show(found[told:], console)
        told = len(found)
        if found and found[-1].step in ENDS:
            return _well(found[-1])
        if time.monotonic() > deadline:
            what = f"the last word is: {found[-1].step}" if found else "there is no answer yet. Does the retrainer run?"
            raise Unavailable(
                f"{asked.id} stands in {topics.requests}, and after {wait_s:g} s {what}. It will be answered;"
                " `leeway decisions` shows it"
            )
        time.sleep(_AGAIN_S)


def _well(last: Decision) -> bool:
    return last.step not in ("refused", "rejected", "failed")
