"""`python -m bytewax.run "benchmarks.peers.bytewax_flow:flow(BOOTSTRAP, JOB, IN, OUT)"`: its own connectors."""

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from confluent_kafka import OFFSET_BEGINNING

from benchmarks.peers.job import Vectors

BATCH = 10_000
INPUT = {"queued.min.messages": "50000", "queued.max.messages.kbytes": "4096"}
"""Of each partition, which has a client of its own here."""
OUTPUT = {"linger.ms": "20", "compression.type": "lz4", "queue.buffering.max.messages": "400000"}
"""As the loop by hand has it."""


def flow(bootstrap: str, plan: str, source: str, target: str) -> Dataflow:
    """Input, one step over lists, output."""
    job = Vectors(plan)

    def score(messages: list[KafkaSourceMessage]) -> list[KafkaSinkMessage]:
        places = [(message.partition, message.offset) for message in messages]
        found = job.many([message.value for message in messages], places)
        return [KafkaSinkMessage(key, value) for key, value in found]

    made = Dataflow("bench")
    given = kop.input("in", made, brokers=[bootstrap], topics=[source], tail=True, starting_offset=OFFSET_BEGINNING,
                      batch_size=BATCH, add_config=INPUT)  # fmt: skip
    scored = op.flat_map_batch("score", given.oks, score)
    kop.output("out", scored, brokers=[bootstrap], topic=target, add_config=OUTPUT)
    return made
