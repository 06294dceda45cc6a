"""What the process reads up to before it acts."""

from collections.abc import Sequence

from consumers.loop import Place
from infra import offsets
from schemas.errors import Unavailable


def ends_of(bootstrap: str, topics: Sequence[str]) -> dict[Place, int]:
    """The end of each partition of these topics now.

    Raises:
        Unavailable: Kafka does not answer, or a topic is not there yet.
    """
    found = {topic: offsets.ends(bootstrap, topic) for topic in topics}
    absent = [topic for topic, partitions in found.items() if not partitions]
    if absent:
        raise Unavailable(f"there is no topic {absent[0]} yet: provision the stream")
    return {(topic, place): high for topic, places in found.items() for place, (_, high) in places.items()}
