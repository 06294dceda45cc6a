"""A retrainer that dies, or whose servers go away, at any step: one consistent story, whatever the step."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import pytest

from schemas.messages import Decision
from support.plays import BETTER, PLAYS, WORSE
from support.stepwise import Effects, How, Outside, Play, asks, drift, perform, without_servers

AGAIN = {"trained", "gated"}
"""Steps that a retrain goes through again if it is killed before its version is registered."""


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with without_servers():
        yield


def story(outside: Outside) -> list[tuple[str, str, int | None]]:
    """Each step once, in the order in which it was taken first."""
    return list(dict.fromkeys((one.retrain, one.step, one.version) for one in outside.decisions))


def champions(outside: Outside) -> list[int]:
    return [version for version, _ in groupby(one.champion.version for one in outside.models)]


def steps(outside: Outside) -> list[str]:
    return [one.step for one in outside.decisions]


def once(decisions: list[Decision]) -> list[tuple[str, str]]:
    return sorted((one.retrain, one.step) for one in decisions if one.step not in AGAIN)


@pytest.mark.parametrize("name", PLAYS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("how", ["killed", "away"])
def test_at_every_step(name: str, after: bool, how: How) -> None:  # noqa: FBT001 - a parameter of the test
    play = PLAYS[name]
    plain = perform(play, Effects())
    assert len(plain.effects.names) > 3
    for number, effect in enumerate(plain.effects.names):
        found = perform(play, Effects(number, after, how))
        where = f"{how} {'after' if after else 'before'} effect {number}, {effect}"
        assert story(found) == story(plain), where
        assert champions(found) == champions(plain), where
        assert (found.models[-1].previous, found.models[-1].shadows) == (
            plain.models[-1].previous,
            plain.models[-1].shadows,
        ), where
        assert (found.aliases, found.versions) == (plain.aliases, plain.versions), where
        if how == "killed":
            assert once(found.decisions) == once(plain.decisions), where


def test_a_version_that_is_better_in_shadow_is_promoted_before_its_time_watched_and_confirmed() -> None:
    found = perform(PLAYS["shadow, promotion, watch"], Effects())

    assert steps(found) == [
        "requested", "started", "trained", "gated", "registered", "shadowing", "promoting", "promoted", "confirmed"
    ]  # fmt: skip
    shadowed, promoting = found.decisions[5], found.decisions[6]
    assert promoting.event_time - shadowed.event_time == 9 * 86_400_000  # eight panes, and their labels
    assert "better beyond doubt" in promoting.reason
    assert [[one.version for one in models.shadows] for models in found.models] == [[1], [1, 2], [1]]
    assert found.aliases == {"champion": 2, "previous": 1}


def test_a_version_that_is_worse_in_shadow_never_serves() -> None:
    found = perform(PLAYS["shadow, rejection"], Effects())

    turned_down = [one.reason for one in found.decisions if one.step == "rejected"]
    assert ["worse beyond doubt" in reason for reason in turned_down] == [True]
    assert (champions(found), found.aliases) == ([1], {"champion": 1})
    assert [one.version for one in found.models[-1].shadows] == [1]


def test_a_version_that_is_worse_than_the_one_before_is_rolled_back_and_its_incident_is_open_again() -> None:
    found = perform(PLAYS["promotion, rollback"], Effects())

    assert steps(found)[5:9] == ["promoting", "promoted", "rolling_back", "rolled_back"]
    back = found.decisions[7]
    assert back.version == 1
    assert "worse than version 1 before it, beyond doubt" in back.reason
    assert float(back.figures["evidence_better"] or 0) >= 20
    assert (found.aliases, champions(found)) == ({"champion": 1}, [1, 2, 1])
    longer = perform(replace(PLAYS["promotion, rollback"], days=26), Effects())
    again = [one for one in longer.decisions if one.retrain == "toy:1-2" and one.step == "started"]
    assert [one.event_time - back.event_time for one in again] == [2 * 86_400_000]  # [retrain] retry


def test_a_watch_that_is_too_short_for_its_panes_to_tell_goes_on_until_they_do() -> None:
    found = perform(Play("", 21, WORSE, {20: drift(1)}, watch="3d"), Effects())

    assert "rolled_back" in steps(found)


def test_people_are_answered_and_their_words_are_in_the_trail() -> None:
    found = perform(PLAYS["frozen, thawed, asked for"], Effects())

    said = [f"{one.step}: {one.reason}" for one in found.decisions]
    assert "frozen: by ann: I say so" in said
    assert "skipped: frozen by ann: I say so" in said
    assert (
        "refused: retrain, asked by ann: I say so: the model is frozen by ann: I say so; `leeway thaw` ends that"
        in said
    )
    assert "requested: asked by ann: I say so" in said
    assert [one.retrain for one in found.decisions if one.step == "promoted"] == ["toy:1-1", "request-4-1"]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (asks(1, "promote", 9, force=True), "there is no version 9; known are 1"),
        (asks(1, "promote", 1), "version 1 serves already"),
        (asks(1, "rollback"), "there is no version before version 1"),
        (asks(1, "thaw"), "not frozen"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(ask: object, words: str) -> None:
    found = perform(Play("", 3, BETTER, {11: ask}), Effects())  # type: ignore[dict-item] # what `asks` gives

    assert steps(found) == ["refused"]
    assert words in found.decisions[0].reason


def test_a_version_whose_files_are_not_what_was_registered_is_refused() -> None:
    def breaks(outside: Outside) -> None:
        outside.broken.add(2)
        asks(2, "promote", 2, force=True)(outside)

    found = perform(Play("", 12, BETTER, {12: drift(1), 14: asks(1, "rollback"), 16: breaks}), Effects())

    refused = [one.reason for one in found.decisions if one.step == "refused"]
    assert ["not what was registered" in reason for reason in refused] == [True]


@pytest.mark.parametrize("name", PLAYS)
def test_its_own_records_of_models_that_it_reads_late_change_nothing(name: str) -> None:
    plain, found = perform(PLAYS[name], Effects()), perform(PLAYS[name], Effects(), late=True)
    assert (found.decisions, found.models, found.aliases) == (plain.decisions, plain.models, plain.aliases)
