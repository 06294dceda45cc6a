"""`leeway retrain`, `freeze`, `thaw`, `promote` and `rollback`: what a person asks of the retrainer, and its answer."""

import getpass
import os
import secrets
import time
from collections.abc import Callable, Iterator

from confluent_kafka import KafkaError, KafkaException

from infra import kafka
from infra.cli import decisions
from infra.cli.tables import Decision
from schemas.errors import Refused, Unavailable
from schemas.messages import FINAL_STEPS, Asked, Request, encode
from schemas.topics import Topics

LONGEST = 500
"""Characters of a reason; it stands in tables and on screens."""
AGAIN_S = 0.3
ENDS = FINAL_STEPS | {"frozen", "thawed"}


def request(stream: str, kind: Asked, why: str, version: int | None = None, *, force: bool = False) -> Request:
    """What this person asks for now.

    Raises:
        Refused: there is no reason, or a very long one.
    """
    if not (why := " ".join(why.split())) or len(why) > LONGEST:
        raise Refused(f"--why: say in 1 to {LONGEST} characters why; it stays in the trail. Nothing was asked")
    return Request(
        id=f"{kind}-{secrets.token_hex(4)}",
        stream=stream,
        kind=kind,
        who=_who(),
        why=why,
        at=kafka.now_ms(),
        version=version,
        force=force,
    )


def ask(bootstrap: str, wanted: Request, wait_s: float, clock: Callable[[], float]) -> Iterator[Decision]:
    """Writes the request; then each decision about it as it comes, until one is the last or `wait_s` is over.

    Raises:
        Unavailable: Kafka does not take the request, or does not answer.
    """
    topic = Topics(wanted.stream).decisions
    _, place = kafka.bounds(bootstrap, topic, 0)
    _send(bootstrap, wanted)
    deadline = clock() + wait_s
    while clock() < deadline:
        for message in kafka.read(bootstrap, topic, 0, place):
            place = (message.offset() or 0) + 1
            one = decisions.decoded(message.value() or b"")
            if one.event == wanted.id:
                yield one
                if one.step in ENDS:
                    return
        time.sleep(AGAIN_S)


def remark(wanted: Request, told: list[Decision], wait_s: float) -> str:
    """What is still to come when the wait is over; empty if the request was answered."""
    if told and told[-1].step in ENDS:
        return ""
    if told:
        return f"Not done after {wait_s:g} s; it goes on: `leeway decisions` shows how {wanted.id} ends"
    return (
        f"Nobody answered {wanted.id} within {wait_s:g} s: does the retrainer run (`leeway status`)? The request stands"
        f" in {Topics(wanted.stream).requests} and is answered when one does"
    )


def _who() -> str:
    """This person, as the system knows them; a container may give a process a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _send(bootstrap: str, wanted: Request) -> None:
    errors: list[KafkaError] = []
    topic = Topics(wanted.stream).requests
    producer = kafka.producer(bootstrap)
    try:
        producer.produce(
            topic,
            encode(wanted),
            wanted.stream.encode(),
            on_delivery=lambda error, _: errors.append(error) if error else None,
        )
        left = producer.flush(kafka.PATIENCE_S)
    except (KafkaException, BufferError) as error:
        raise Unavailable(f"{topic}: Kafka does not take the request: {error}. Nothing was asked") from error
    if left or errors:
        raise Unavailable(f"{topic}: the request was not acknowledged ({errors[0].str() if errors else 'no answer'})")
