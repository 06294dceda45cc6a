"""What a process tells Prometheus and whoever asks for its health."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from infra.metrics import catalogue, endpoint
from infra.metrics.balance import Balance
from infra.metrics.endpoint import Address, Identity
from schemas.errors import Refused, Unavailable
from schemas.position import Position

WHO = Identity("s", "scorer-0")
FREE = Address("127.0.0.1", 0)
BOOKED = {
    2: Position(next=12, received=10, empty=2, scored=6, rejected=1, duplicates=1, late=3, unavailable=1, version=4,
                largest=1_500)
}  # fmt: skip


def served(*collectors: Collector, unready: Callable[[], str] = lambda: "") -> int:
    return endpoint.serve(FREE, WHO, collectors, unready)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with closing(urlopen(f"http://127.0.0.1:{port}{path}")) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def reading(*collectors: Collector) -> dict[str, float]:
    families = text_string_to_metric_families(get(served(*collectors), "/metrics")[1])
    return {
        sample.name: sample.value
        for family in families
        for sample in family.samples
        if sample.labels == {"stream": "s", "process": "scorer-0", "partition": "2"}
    }


def balance(end: Callable[[int], int] = lambda _: 20) -> Sequence[Collector]:
    return (Balance(lambda: BOOKED, lambda: {2: 3}, end),)


def test_the_committed_balance_is_told_by_partition() -> None:
    assert reading(*balance()) == {
        "leeway_samples_received_total": 10,
        "leeway_samples_scored_total": 6,
        "leeway_samples_rejected_total": 1,
        "leeway_samples_duplicates_total": 1,
        "leeway_samples_late_total": 3,
        "leeway_samples_ahead_total": 0,
        "leeway_samples_unavailable_total": 1,
        "leeway_samples_open": 1,
        "leeway_samples_waiting": 8,
        "leeway_scoring_version": 4,
        "leeway_event_time_seconds": 1.5,
        "leeway_queue_frames": 3,
    }


def test_without_a_broker_what_is_committed_is_told_all_the_same() -> None:
    def away(_partition: int) -> int:
        raise Unavailable("no answer")

    found = reading(*balance(away))

    assert found["leeway_samples_scored_total"] == 6
    assert "leeway_samples_waiting" not in found


def test_every_series_says_of_which_stream_and_process_it_is_and_is_in_the_catalogue() -> None:
    catalogue.RETRIES.live.inc()
    families = list(text_string_to_metric_families(get(served(*balance()), "/metrics")[1]))

    assert families
    for family in families:
        known = catalogue.ALL.get(family.name) or catalogue.ALL[f"{family.name}_total"]
        assert family.documentation == known.meaning or family.name.startswith("process_")
        for sample in family.samples:
            assert (sample.labels["stream"], sample.labels["process"]) == ("s", "scorer-0")


def test_live_is_told_always_and_ready_with_the_reason_why_not() -> None:
    trouble = [""]
    port = served(unready=lambda: trouble[0])

    assert get(port, "/health/live") == (200, "OK\n")
    assert get(port, "/health/ready") == (200, "OK\n")
    assert 'leeway_ready{process="scorer-0",stream="s"} 1.0' in get(port, "/metrics")[1]
    trouble[0] = "no model yet"
    assert get(port, "/health/live")[0] == 200
    assert get(port, "/health/ready") == (503, "no model yet\n")
    assert 'leeway_ready{process="scorer-0",stream="s"} 0.0' in get(port, "/metrics")[1]
    assert get(port, "/elsewhere")[0] == 404


def test_a_port_that_is_taken_is_refused_with_what_to_do() -> None:
    taken = served()

    with pytest.raises(Refused, match="--metrics 0"):
        endpoint.serve(Address("127.0.0.1", taken), WHO)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, None),
        ("", None),
        ("0", FREE),
        ("9100", Address("127.0.0.1", 9100)),
        ("0.0.0.0:9100", Address("0.0.0.0", 9100)),  # noqa: S104 - within a container's network
        ("[::1]:9100", Address("::1", 9100)),
    ],
)
def test_an_address_may_be_a_port_alone(text: str | None, found: Address | None) -> None:
    assert endpoint.address(text) == found


@pytest.mark.parametrize("text", ["http", "host:", "host:99999", "-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="HOST:PORT"):
        endpoint.address(text)


def test_prometheus_finds_the_port_by_file(tmp_path: Path) -> None:
    endpoint.announce(tmp_path, WHO, Address("127.0.0.1", 1))
    path = endpoint.announce(tmp_path, WHO, Address("127.0.0.1", 4711))

    assert [one.name for one in path.parent.iterdir()] == ["s.scorer-0.json"]
    assert msgspec.json.decode(path.read_bytes()) == [
        {"targets": ["127.0.0.1:4711"], "labels": {"stream": "s", "process": "scorer-0"}}
    ]


def test_each_count_of_the_balance_is_a_field_of_the_position() -> None:
    assert set(catalogue.BALANCE) <= set(Position.__struct_fields__)
