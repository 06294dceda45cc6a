"""What the table of topics must allow for, so that no record can stop the stream."""

import pytest

from schemas.topics import TABLE, specification
from support.models import declaration

CONFIG = {topic.name: specification(topic, declaration())[2] for topic in TABLE}


@pytest.mark.parametrize("name", ["frames", "predictions", "rejected", "late"])
def test_what_holds_a_record_and_something_around_it_takes_larger_ones(name: str) -> None:
    room = int(CONFIG[name]["max.message.bytes"]) - int(CONFIG["samples"]["max.message.bytes"])

    assert room > 1_000_000
    assert CONFIG["labels"]["max.message.bytes"] == CONFIG["samples"]["max.message.bytes"]


@pytest.mark.parametrize("name", ["predictions", "drift", "drift-events"])
def test_what_is_stamped_with_event_time_takes_times_after_the_brokers_clock(name: str) -> None:
    century_ms = 36_525 * 86_400_000

    assert int(CONFIG[name]["message.timestamp.after.max.ms"]) > century_ms
