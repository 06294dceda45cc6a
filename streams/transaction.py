"""What is written until the next commit, all of it or nothing, by a client that fences earlier ones."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException

from schemas.errors import Fatal

TRANSACTION_S = 60
FULL_S = 0.05


@dataclass(slots=True)
class Transaction:
    """Begun by the first record. `client` is a transactional producer, `number` the partition that is written to."""

    client: Any
    number: int
    owner: str
    open: bool = False

    def produce(self, topic: str, value: bytes | None, key: bytes | None, **more: Any) -> None:
        """One record; to the partition of our number, if `more` names no other."""
        self._begin()
        more.setdefault("partition", self.number)
        while True:
            try:
                self.client.produce(topic, value, key, **more)
            except BufferError:
                self.client.poll(FULL_S)
            else:
                return

    def produce_all(self, topic: str, records: list[tuple[bytes, bytes, int]]) -> None:
        """Keys, values and event times, by position: names of arguments cost a fifth of the call."""
        self._begin()
        produce, number = self.client.produce, self.number
        for key, value, time in records:
            while True:
                try:
                    produce(topic, value, key, number, None, None, time)
                except BufferError:
                    self.client.poll(FULL_S)
                else:
                    break

    def commit(self) -> None:
        """Ends it.

        Raises:
            Fatal: another owner has fenced the client, or Kafka refuses: the process must end.
        """
        while True:
            try:
                self.client.commit_transaction(TRANSACTION_S / 2)
            except KafkaException as error:
                if error.args[0].retriable():
                    continue
                raise Fatal(f"{self.owner}: {error}. Nothing of the open transaction is visible") from error
            self.open = False
            return

    def _begin(self) -> None:
        if not self.open:
            self.client.begin_transaction()
            self.open = True
