"""`python -m benchmarks.peers.bytewax_flow BOOTSTRAP JOB IN OUT`: Bytewax with its own Kafka connectors, by lists."""

import sys

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.testing import cluster_main
from confluent_kafka import OFFSET_BEGINNING

from benchmarks.peers.job import Vectors

BATCH = 10_000


def flow(bootstrap: str, plan: str, source: str, target: str) -> Dataflow:
    """Input, one step over lists, output."""
    job = Vectors(plan)

    def score(messages: list[KafkaSourceMessage]) -> list[KafkaSinkMessage]:
        places = [(message.partition, message.offset) for message in messages]
        found = job.many([message.value for message in messages], places)
        return [KafkaSinkMessage(key, value) for key, value in found]

    made = Dataflow("bench")
    given = kop.input("in", made, brokers=[bootstrap], topics=[source], tail=True, starting_offset=OFFSET_BEGINNING,
                      batch_size=BATCH)  # fmt: skip
    scored = op.flat_map_batch("score", given.oks, score)
    kop.output("out", scored, brokers=[bootstrap], topic=target)
    return made


if __name__ == "__main__":
    cluster_main(flow(*sys.argv[1:]), [], 0)
