"""`leeway replay-from` on a real Kafka: a lost state comes back from `samples`, equal, and scoring goes on from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from infra import kafka, provisioning
from infra.embedded import Endpoints
from schemas.errors import Refused, Unavailable
from schemas.messages import ModelRef, Served
from streams.lane import Place
from streams.rebuild import Rebuild, Rebuilt, differences
from streams.recovery import alone, lines
from streams.restore import restore
from streams.score import Partition, Scorer, Serving, Stage
from support.models import MINUTE, Logistic, contract, declaration
from support.processes import end, until
from support.records import sample
from support.toy_stream import TOPICS, Stream, delete, forgotten, running


@pytest.fixture
def stream(servers: Endpoints, tmp_path: Path) -> Iterator[Stream]:
    with running(servers.kafka, tmp_path) as found:
        yield found


def serving(said: Served) -> Serving:
    ref = ModelRef(version=said.version, run_id="", model_sha256=said.model_sha256, contract_sha256="", trained_until=0)
    return Serving(Scorer(declaration(), Logistic(ref, contract())))


def rebuild(stream: Stream) -> list[Rebuilt]:
    place = Place(stream.bootstrap, TOPICS, "rebuild", 20_000, MINUTE)
    work = Rebuild(place, Stage(declaration()), serving)
    return [work.run(number) for number in range(3)]


def states(stream: Stream) -> list[Partition]:
    return [restore(p, kafka.read(stream.bootstrap, TOPICS.state, p)) for p in range(3)]


def lose_samples(stream: Stream) -> None:
    admin = AdminClient({"bootstrap.servers": stream.bootstrap})
    for done in admin.delete_records([TopicPartition(TOPICS.samples, p, -1) for p in range(3)]).values():
        done.result(30)


def lose_state(stream: Stream) -> None:
    """The whole topic; provisioning makes it again, empty."""
    delete(stream.bootstrap, [TOPICS.state])
    until(lambda: _made_again(stream), 30, "state made again")


def _made_again(stream: Stream) -> bool:
    provisioning.topics(stream.bootstrap, declaration())
    try:
        return all(kafka.bounds(stream.bootstrap, TOPICS.state, p) == (0, 0) for p in range(3))
    except Unavailable:  # the broker still speaks of the topic that is being deleted
        return False


def history(stream: Stream) -> None:
    """Two versions, duplicates, bad and late records; then the scorer is killed."""
    stream.promote(1)
    stream.start("toy_framer")
    scorer = stream.start("toy_scorer", "scorer-0")
    stream.samples(0, 6_000)
    for i in range(30):
        stream.send(sample(i * 100, f"id-{5_000 + i}"), f"id-{5_000 + i}".encode())  # sent twice
        stream.send(b"{", f"id-{i}".encode())
        stream.send(sample(i * 100, f"late-{i}"), f"id-{i}".encode())
        stream.send(sample(600_000), f"id-{i}".encode())  # without an id
    until(stream.drained, 150, "first samples scored")
    stream.promote(2)
    until(lambda: {p.version for p in stream.positions()} == {2}, 30, "version 2 is served")
    stream.samples(6_000, 3_000)
    until(stream.drained, 150, "everything scored")
    with pytest.raises(Refused, match="scorer-0"):
        alone(stream.bootstrap, "toy.scorer")
    end(scorer)
    until(lambda: forgotten(stream.bootstrap), 60, "the killed scorer's session has ended")


def test_a_lost_state_comes_back_equal_and_scoring_goes_on(stream: Stream) -> None:
    history(stream)
    before = states(stream)
    published = stream.sources()
    assert all(one.position.duplicates and one.position.late and one.position.rejected for one in before)

    checked = rebuild(stream)
    assert [one.differs for one in checked] == [[], [], []]
    assert [one.state.position for one in checked] == [one.position for one in before]

    lose_state(stream)
    assert stream.start("toy_scorer", "scorer-0").wait(60) == Refused.exit_code
    assert "`leeway replay-from` makes it anew" in stream.log()
    until(lambda: forgotten(stream.bootstrap), 60, "the refused scorer has left")
    rebuilt = rebuild(stream)
    after = states(stream)
    assert [one.unreadable for one in rebuilt] == ["there was none"] * 3
    assert [one.position for one in after] == [one.position for one in before]
    assert [differences(b, a, 20_000, MINUTE) for b, a in zip(before, after, strict=True)] == [[], [], []]
    assert stream.sources() == published

    stream.start("toy_scorer", "scorer-0")
    stream.samples(8_900, 100)  # sent twice: known by the rebuilt ids
    stream.samples(9_000, 2_000)
    until(stream.drained, 150, "what came after is scored")
    scored = stream.sources()
    assert max(scored.values()) == 1
    assert len(scored) == len(published) + 2_000
    assert all(p.open == 0 for p in stream.positions())
    assert sum(p.duplicates for p in stream.positions()) == 30 + 100


def test_a_damaged_state_is_replaced_and_what_is_gone_from_samples_is_counted_by_its_outputs(stream: Stream) -> None:
    history(stream)
    before = states(stream)
    lose_samples(stream)
    stream.samples(9_000, 300)  # after the loss: not scored yet
    client = kafka.producer(stream.bootstrap)
    for number in range(3):
        client.produce(TOPICS.state, b"?", b"ids/0", partition=number)
    assert client.flush(30) == 0

    found = rebuild(stream)

    for one, old in zip(found, before, strict=True):
        here = one.state.position
        assert one.gone == here.next == old.position.next
        assert (here.scored, here.rejected) == (old.position.scored, old.position.rejected)
        assert here.unavailable == old.position.duplicates
        assert here.open == 0
        assert any("could not be compared" in line for line in lines("toy.samples/0", one))
    stream.start("toy_scorer", "scorer-0")
    until(stream.drained, 150, "what came after is scored")
    assert max(stream.sources().values()) == 1
