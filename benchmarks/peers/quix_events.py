"""`python -m benchmarks.peers.quix_events BOOTSTRAP JOB IN OUT GUARANTEE`: Quix Streams, as its documentation shows.

The engine decodes and encodes JSON, and the function sees dictionaries. Raw bytes, decoded by type in the function as
the other peers do, were as fast within the noise.
"""

import sys
import tempfile
from typing import Any

from quixstreams import Application, message_context

from benchmarks.peers.job import Job

COMMIT_S = 1.0
"""Four times the product's; its default of five would give a run of seconds too few steps to measure between."""
INPUT = {"queued.min.messages": 50_000, "queued.max.messages.kbytes": 16_384}
OUTPUT = {"linger.ms": 20, "compression.type": "lz4", "queue.buffering.max.messages": 400_000}
"""As the loop by hand has it."""


def main(bootstrap: str, plan: str, source: str, target: str, guarantee: str) -> None:
    """Runs until it is ended; `guarantee` is at-least-once or exactly-once."""
    job = Job(plan)
    app = Application(
        broker_address=bootstrap, consumer_group=f"{target}-quix", auto_offset_reset="earliest",
        processing_guarantee=guarantee, state_dir=tempfile.mkdtemp(), auto_create_topics=False, loglevel="WARNING",
        commit_interval=COMMIT_S, consumer_extra_config=INPUT, producer_extra_config=OUTPUT,
    )  # fmt: skip
    given = app.topic(source, key_deserializer="bytes", value_deserializer="json")
    out = app.topic(target, key_serializer="bytes", value_serializer="json")

    def score(value: dict[str, Any]) -> dict[str, Any]:
        place = message_context()
        return job.document(value, place.partition, place.offset)

    app.dataframe(given).apply(score).to_topic(out)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
