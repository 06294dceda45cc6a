"""`python -m benchmarks.peers.faust_events BOOTSTRAP JOB IN OUT`: stock Faust, event by event, as its guide shows."""

import sys
import tempfile

import faust

from benchmarks.peers.job import Job


def main(bootstrap: str, plan: str, source: str, target: str) -> None:
    """Runs until it is ended."""
    job = Job(plan)
    app = faust.App(
        f"{target}-faust", broker=f"kafka://{bootstrap}", store="memory://", web_enabled=False,
        topic_disable_leader=True, consumer_auto_offset_reset="earliest", datadir=tempfile.mkdtemp(),
        producer_linger=0.02, producer_compression_type="lz4", producer_max_batch_size=262_144,
    )  # fmt: skip
    given = app.topic(source, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    out = app.topic(target, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    @app.agent(given)
    async def score(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            key, value = job.one(event.value, event.message.partition, event.message.offset)
            await out.send(key=key, value=value)

    faust.Worker(app, loglevel="WARNING", redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
