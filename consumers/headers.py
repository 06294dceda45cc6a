"""The headers of a message as bytes by name."""

from confluent_kafka import Message


def headers(message: Message) -> dict[str, bytes]:
    """Each header's value, the last of a name; one without a value is empty."""
    pairs = [(entry[0], entry[1]) for entry in message.headers() or []]
    return {str(name): value if isinstance(value, bytes) else str(value or "").encode() for name, value in pairs}
