"""What counts as evidence of two versions, what is decided of it, and what stands beside the champion."""

from datetime import UTC, datetime

import pytest

from consumers.retrainer import shadow
from consumers.retrainer.beside import beside
from consumers.retrainer.evidence import Evidence
from consumers.retrainer.proof import Proof
from consumers.retrainer.sequential import weigh
from infra.cli import models, standing
from infra.cli.ask import request
from infra.cli.tables import Decision
from producers.hold import InFlight
from schemas import messages
from schemas.declaration import parse
from schemas.errors import Refused
from schemas.messages import Models, Performance, Served
from support.labelled import DAY, text
from support.stepwise import reference

WHEN = datetime(2013, 3, 14, 6, tzinfo=UTC)


def row(role: str, version: int, day: int, loss: float, scored: int = 50, labelled: int = 40) -> Performance:
    return Performance(
        role="champion" if role == "champion" else "shadow", version=version, pane_start=day * DAY,
        pane_end=(day + 1) * DAY, predictions=scored, labelled=labelled, log_loss=loss, brier=0.0, accuracy=0.0,
        label_lag_ms=0, watermark=(day + 1) * DAY,
    )  # fmt: skip


def evidence(*rows: Performance, wait: int = DAY) -> Evidence:
    found = Evidence(wait)
    for one in rows:
        found.take(one)
    return found


def test_panes_count_that_both_scored_whole_and_whose_labels_are_due() -> None:
    found = evidence(
        row("champion", 1, 0, 0.7), row("shadow", 2, 0, 0.6),
        row("champion", 1, 1, 0.7), row("shadow", 2, 1, 0.5, scored=20, labelled=20),  # it came in the middle
        row("champion", 1, 2, 0.7), row("shadow", 2, 2, 0.5),
        row("champion", 1, 3, 0.7), row("shadow", 2, 3, 0.5, labelled=39),  # the other row is about to come
        row("champion", 1, 4, 0.7, labelled=0), row("shadow", 2, 4, 0.5, labelled=0),
        row("champion", 3, 5, 0.7), row("shadow", 2, 5, 0.5),  # another champion
        row("champion", 1, 9, 0.7), row("shadow", 2, 9, 0.5),  # labels are due a day later
    )  # fmt: skip

    gains, labelled = found.gains(1, 2, since=DAY)

    assert gains == pytest.approx([0.2])
    assert labelled == [40]
    assert found.gains(1, 2, since=0)[0] == pytest.approx([0.1, 0.2])


def test_a_later_row_replaces_an_earlier_one() -> None:
    old, new = row("shadow", 2, 0, 0.6), row("shadow", 2, 0, 0.65)
    found = evidence(row("champion", 1, 0, 0.7), old, new, row("champion", 1, 1, 0.7))

    assert found.gains(1, 2, 0)[0] == pytest.approx([0.05])


@pytest.mark.parametrize(
    ("gains", "over", "gated", "verdict", "words"),
    [
        ([0.1] * 8, False, True, "promote", "better beyond doubt"),
        ([-0.1] * 8, False, True, "reject", "worse beyond doubt"),
        ([0.1] * 3, False, True, None, ""),
        ([0.1] * 3, True, True, "promote", "the mean gain decides"),
        ([0.1], True, True, "promote", "too few labels (40 rows)"),
        ([-0.1] * 3, True, True, "reject", "not above 0"),
        ([], True, True, "promote", "too few labels: after 2 days in shadow no pane is labelled"),
        ([], True, False, "reject", "`--force` promotes it"),
    ],
)
def test_a_shadow_ends_beyond_doubt_or_by_its_mean_when_its_time_is_over(
    gains: list[float],
    over: bool,  # noqa: FBT001 - a parameter of the test
    gated: bool,  # noqa: FBT001 - as above
    verdict: str | None,
    words: str,
) -> None:
    found = shadow.judge(weigh(gains, [40] * len(gains)), 0.0, 2 * DAY, over=over, gated=gated)

    assert (found.verdict if found else None) == verdict
    assert words in (found.reason if found else "")


def test_the_baseline_stays_whoever_comes_and_goes() -> None:
    with_baseline, without = parse(text("toy"), "toy"), parse(text("toy").replace(b'"first"', b'"none"'), "toy")
    now = Models(
        stream="toy", champion=reference(3), previous=reference(2), shadows=[reference(2), reference(1)], retrain="r",
        at=0,
    )  # fmt: skip

    assert beside(now, with_baseline, reference(2)) == [reference(1), reference(2)]
    assert beside(now, with_baseline, reference(1)) == [reference(1)]
    assert beside(now, without) == []


def test_a_version_is_in_shadow_when_every_partition_says_so() -> None:
    proof = Proof()
    proof.take(Served(worker="w", partition=0, version=1, model_sha256="m", from_offset=0, at=0, shadows=[2]))

    assert proof.unshadowed(2, 1) is None
    assert proof.unshadowed(2, 3) == "not on partition 1, 2"


def said(step: str, retrain: str = "r-1", version: int | None = 2, **figures: object) -> Decision:
    return Decision(retrain, retrain[:-2], step, f"{step}, so", WHEN, WHEN, version, figures)


def test_status_says_what_stands() -> None:
    shadowed, promoted = said("shadowing"), said("promoted", previous=1)

    assert standing.lines([shadowed]) == [("shadow", "v2 since 2013-03-14 06:00: shadowing, so")]
    assert standing.lines([shadowed, promoted]) == [("watch", "v2 since 2013-03-14 06:00, against v1 before it")]
    assert standing.lines([promoted, said("confirmed")]) == []
    assert standing.lines([said("frozen", "q-1")]) == [("frozen", "since 2013-03-14 06:00 frozen, so")]
    assert standing.lines([said("frozen", "q-1"), said("thawed", "q-2")]) == []


def test_the_version_that_went_is_the_one_of_which_a_way_back_is_told() -> None:
    trail = [
        said("promoted", "h-1", 1), said("registered"), said("promoted"),
        said("rolling_back", version=1, replaced=2), said("rolled_back", version=1),
    ]  # fmt: skip

    found = models.versions(trail, {1: "champion"})

    assert [(one.number, one.step, one.role) for one in found] == [(1, "promoted", "champion"), (2, "rolling_back", "")]


def test_a_replay_goes_on_while_a_version_is_in_shadow_and_is_held_again_for_its_promotion() -> None:
    flight, held = InFlight(), []
    steps: tuple[messages.Step, ...] = ("started", "shadowing", "promoting", "promoted", "rolling_back", "rolled_back")
    for step in steps:
        flight.apply(messages.Decision(retrain="r-1", event="r", stream="s", step=step, reason="", event_time=0, at=0))
        held.append(flight.retrain is not None)

    assert held == [True, False, True, False, True, False]


def test_who_asks_without_a_reason_is_asked_for_one() -> None:
    with pytest.raises(Refused, match="--why is empty"):
        request("freeze", "  ", "ann")
    assert request("freeze", "holidays", None).who
