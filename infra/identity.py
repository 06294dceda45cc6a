"""Which topic `samples` is: Kafka's id of it tells one that was deleted and made again from the one before."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.errors import Refused


@dataclass(slots=True)
class Identity:
    """A topic that must stay the same one. `ask` gives its id now, empty while there is none; raises Unavailable."""

    topic: str
    ask: Callable[[], str] = lambda: ""
    known: str = ""

    def check(self) -> str:
        """The topic's id; what was fetched before this call is of the topic of that id.

        Raises:
            Refused: it is another one than before; its offsets mean other records.
            Unavailable: the broker does not answer.
        """
        found = self.ask()
        if self.known and found and found != self.known:
            raise Refused(
                f"{self.topic} was deleted and made again: its id was {self.known} and is {found}. What was scored"
                " stays; nothing of the new topic is. Declare a stream of another name, or delete all topics of this"
                " one and start again"
            )
        self.known = found or self.known
        return self.known
