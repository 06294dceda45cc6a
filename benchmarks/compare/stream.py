"""A stream that is measured on: its declaration on disk, its topics, its samples sent; and all of it taken away."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
from confluent_kafka import KafkaException

from benchmarks.compare.subject import Record, Subject
from infra import kafka, offsets, provisioning
from schemas.declaration import parse
from schemas.messages import Models, decode_models, encode
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Stream:
    """What a competitor is told."""

    name: str
    declaration: Path
    topics: Topics


def provide(bootstrap: str, subject: Subject, name: str, folder: Path, model: Models) -> Stream:
    """A fresh stream, with topics and with what it is to serve."""
    path = folder / f"{name}.toml"
    path.write_bytes(subject.declaration(name))
    provisioning.topics(bootstrap, parse(path.read_bytes(), path.name))
    client = kafka.producer(bootstrap)
    record = msgspec.structs.replace(model, stream=name)
    client.produce(Topics(name).models, encode(record), name.encode())
    client.flush(30)
    return Stream(name, path, Topics(name))


def champion(bootstrap: str, name: str) -> Models:
    """What the `models` topic of a stream says."""
    last = list(kafka.read(bootstrap, Topics(name).models, 0))[-1]
    return decode_models(last.value() or b"")


def send(bootstrap: str, topic: str, records: list[Record]) -> None:
    """All records, by key, as fast as they go."""
    client = kafka.producer(bootstrap, linger_ms=50, queue_buffering_max_messages=500_000)
    for key, value in records:
        while True:
            try:
                client.produce(topic, value, key)
            except BufferError:
                client.poll(0.05)
            else:
                break
    if client.flush(120):
        raise KafkaException(f"{topic}: not everything was delivered")


def drop(bootstrap: str, prefix: str) -> None:
    """Deletes every topic of the streams whose names begin so: rounds shall not fill the disk."""
    names = [name for name in offsets.topics(bootstrap) if name.startswith(prefix)]
    admin = offsets.admin(bootstrap)  # must live until the answer is there
    if names:
        for done in admin.delete_topics(names).values():
            done.result(30)
