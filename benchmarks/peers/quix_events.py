"""`python -m benchmarks.peers.quix_events BOOTSTRAP JOB IN OUT GUARANTEE`: Quix Streams, as its tutorial shows."""

import sys
import tempfile

from quixstreams import Application, message_context

from benchmarks.peers.job import Job


def main(bootstrap: str, plan: str, source: str, target: str, guarantee: str) -> None:
    """Runs until it is ended; `guarantee` is at-least-once or exactly-once."""
    job = Job(plan)
    app = Application(
        broker_address=bootstrap, consumer_group=f"{target}-quix", auto_offset_reset="earliest",
        processing_guarantee=guarantee, state_dir=tempfile.mkdtemp(), auto_create_topics=False, loglevel="WARNING",
    )  # fmt: skip
    given = app.topic(source, key_deserializer="bytes", value_deserializer="bytes")
    out = app.topic(target, key_serializer="bytes", value_serializer="bytes")

    def score(value: bytes) -> bytes:
        place = message_context()
        return job.one(value, place.partition, place.offset)[1]

    app.dataframe(given).apply(score).to_topic(out)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
