"""Laws of the governor: one retrain at a time, the cooldown, attempts, and a state that its decisions rebuild."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from consumers.retrainer import governor
from consumers.retrainer.state import Limits, State
from schemas.declaration import DAY_MS
from schemas.messages import Decision, DriftEvent, FeatureShift, Step

LIMITS = Limits(cooldown=1_000, retry=1_000, daily_cap=3, minimum_labels=10)
AGING = replace(LIMITS, maximum_age=1_500)
PACED = replace(LIMITS, cooldown=400, retry=400, maximum_age=4_000, payoff=0.01)
Figures = dict[str, float | int | str | None]
ENDS: tuple[Step, ...] = ("promoted", "rejected", "failed")


def event(number: int, time: int, kind: str = "opened", incident: str = "i", version: int = 1) -> DriftEvent:
    return DriftEvent(
        id=f"{incident}:{number}",
        incident=incident,
        stream="s",
        version=version,
        kind=kind,  # type: ignore[arg-type] # one of the three, given as text by the tests
        event_time=time,
        shifts=[],
        sentence="x moved",
    )


def decision(
    retrain: str,
    step: Step,
    time: int,
    reason: str = "",
    version: int | None = None,
    due: int | None = None,
    figures: Figures | None = None,
) -> Decision:
    return Decision(
        retrain=retrain,
        event=retrain.rpartition("-")[0],
        stream="s",
        step=step,
        reason=reason,
        event_time=time,
        at=0,
        version=version,
        figures=figures or ({} if due is None else {governor.DUE: due}),
    )


class Driver:
    """Does what the worker does, without servers."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.state = governor.serving(State(), 1, 0)
        self.log: list[Decision] = []
        self.events: list[DriftEvent] = []
        self.version = 1
        self.trained_until = 0
        self.gate: Figures = {}

    def see(self, found: DriftEvent) -> None:
        self.events.append(found)
        self.state = governor.noticed(self.state, found)
        self.decide()

    def tick(self, time: int) -> None:
        self.state = governor.ticked(self.state, time)
        self.decide()

    def decide(self) -> None:
        while moves := governor.moves(self.state, self.limits):
            move = moves[0]
            found = governor.figures(self.state, move)
            self.write(decision(move.retrain, move.step, self.state.now, move.reason, figures=found))

    def finish(self, step: Step) -> None:
        flight = self.state.flight
        if flight is None:
            return
        if step == "promoted":
            self.version += 1
        version = self.version if step == "promoted" else None
        self.write(decision(flight.retrain, "gated", flight.event_time, figures=self.gate))
        self.write(decision(flight.retrain, step, flight.event_time, version=version))
        if step == "promoted":
            self.trained_until = flight.event_time
            self.state = governor.serving(self.state, self.version, self.trained_until)
        self.decide()

    def write(self, found: Decision) -> None:
        self.log.append(found)
        self.state = governor.decided(self.state, found)

    def steps(self, step: Step) -> list[Decision]:
        return [found for found in self.log if found.step == step]


action = st.one_of(
    st.tuples(st.just("tick"), st.integers(0, 900)),
    st.tuples(st.just("opened"), st.integers(0, 2)),
    st.tuples(st.just("escalated"), st.integers(0, 2)),
    st.tuples(st.just("closed"), st.integers(0, 2)),
    st.tuples(st.just("finish"), st.integers(0, 2)),
)


def play(actions: list[tuple[str, int]], limits: Limits = LIMITS) -> Driver:
    driver, now = Driver(limits), 0
    driver.gate = {"gain": 0.01, "low": -0.01, "high": 0.03, "champion": 0.5}
    for number, (name, value) in enumerate(actions):
        if name == "tick":
            now += value
            driver.tick(now)
        elif name == "finish":
            driver.finish(ENDS[value])
        else:
            driver.see(event(number, now, name, f"i{value}", driver.version))
    return driver


@given(st.lists(action, max_size=60))
def test_never_two_in_flight(actions: list[tuple[str, int]]) -> None:
    flying: set[str] = set()
    for found in play(actions).log:
        if found.step == "started":
            assert not flying
            flying.add(found.retrain)
        elif found.step in ENDS:
            flying.discard(found.retrain)


@given(st.lists(action, max_size=60))
def test_the_cooldown_lies_between_starts_and_after_the_champions_training(actions: list[tuple[str, int]]) -> None:
    times = [0, *(int(found.figures[governor.DUE] or 0) for found in play(actions).steps("started"))]
    assert all(later - earlier >= LIMITS.cooldown for earlier, later in pairwise(times))


@given(st.lists(action, max_size=60))
def test_each_attempt_starts_once(actions: list[tuple[str, int]]) -> None:
    retrains = [found.retrain for found in play(actions).steps("started")]
    assert len(set(retrains)) == len(retrains)


@given(st.lists(action, max_size=60))
def test_the_daily_cap_holds(actions: list[tuple[str, int]]) -> None:
    limits = replace(LIMITS, cooldown=1, daily_cap=2)
    times = [found.event_time for found in play(actions, limits).steps("started")]
    for start in times:
        assert sum(1 for other in times if start - DAY_MS < other <= start) <= limits.daily_cap


@given(st.lists(action, max_size=60), st.booleans(), st.sampled_from([LIMITS, AGING, PACED]))
def test_a_restart_knows_what_was_known_before(
    actions: list[tuple[str, int]],
    decisions_first: bool,  # noqa: FBT001 - drawn by hypothesis
    limits: Limits,
) -> None:
    driver = play(actions, limits)
    again = State()
    if decisions_first:
        again = rebuilt(again, driver.log)
    for found in driver.events:
        again = governor.noticed(again, found)
    if not decisions_first:
        again = rebuilt(again, driver.log)
    again = governor.serving(again, driver.version, driver.trained_until)
    again = governor.ticked(again, driver.state.now)
    assert again == driver.state
    assert governor.moves(again, limits) == []


def rebuilt(state: State, log: list[Decision]) -> State:
    for found in log:
        state = governor.decided(state, found)
    return state


@example([("tick", 100), ("tick", 900), ("opened", 0), ("closed", 0), ("finish", 1)])  # counted as two refusals once
@given(st.lists(action, max_size=40))
def test_a_record_that_comes_twice_changes_nothing(actions: list[tuple[str, int]]) -> None:
    driver = play(actions)
    for found in driver.events[-1:]:
        if found.kind != "closed" and found.incident in driver.state.incidents:
            assert governor.noticed(driver.state, found) == driver.state
    if driver.log and driver.log[-1].step != "promoted":
        assert governor.decided(driver.state, driver.log[-1]) == driver.state


def test_an_incident_of_the_cooldown_is_started_when_it_ends() -> None:
    driver = Driver()
    driver.see(event(1, 400))
    assert [found.step for found in driver.log] == ["requested", "skipped"]
    assert driver.log[1].reason.startswith("cooldown: until 1970-01-01T00:00")
    driver.tick(999)
    driver.tick(1_000)
    assert [found.step for found in driver.log] == ["requested", "skipped", "started"]
    assert driver.log[2].retrain == "i:1-1"


def test_an_incident_that_closed_in_the_cooldown_is_not_started() -> None:
    driver = Driver()
    driver.see(event(1, 400))
    driver.see(event(2, 500, "closed"))
    driver.tick(5_000)
    assert not driver.steps("started")


@pytest.mark.parametrize("end", ["rejected", "failed"])
def test_what_was_not_promoted_is_tried_again_after_another_cooldown(end: Step) -> None:
    driver = Driver()
    driver.see(event(1, 1_000))
    driver.finish(end)
    driver.tick(1_999)
    assert [found.retrain for found in driver.steps("started")] == ["i:1-1"]
    driver.tick(2_000)
    assert [found.retrain for found in driver.steps("started")] == ["i:1-1", "i:1-2"]


def test_a_promotion_answers_what_was_found_about_the_version_before() -> None:
    driver = Driver()
    driver.see(event(1, 1_000))
    driver.see(event(2, 1_200, "escalated"))
    driver.finish("promoted")
    driver.see(event(3, 1_300, "escalated", version=1))
    driver.tick(9_000)
    assert len(driver.steps("started")) == 1
    driver.see(event(4, 9_000, incident="j", version=2))
    assert [found.retrain for found in driver.steps("started")] == ["i:1-1", "j:4-1"]


def test_an_event_in_flight_waits_and_says_so() -> None:
    driver = Driver()
    driver.see(event(1, 1_000))
    driver.see(event(2, 3_000, incident="j"))
    assert driver.steps("skipped")[-1].reason == "in flight: i:1-1 has not ended"
    driver.finish("rejected")
    assert driver.steps("started")[-1].figures[governor.DUE] == 2_000  # the end of the cooldown
    assert driver.state.flight is not None


def test_nothing_starts_without_a_champion() -> None:
    state = governor.noticed(State(), event(1, 5_000))
    assert [move.reason.partition(":")[0] for move in governor.moves(state, LIMITS)] == ["x moved", "no champion"]


def test_too_few_labels_are_a_skip_with_both_numbers() -> None:
    state = governor.noticed(governor.serving(State(), 1, 0), event(1, 5_000))
    start = governor.moves(state, LIMITS)[-1]
    assert governor.enough(start, 10, LIMITS) == start
    skip = governor.enough(start, 9, LIMITS)
    assert (skip.step, skip.reason) == ("skipped", "too few labels: 9 are known, 10 are needed")
    state = governor.decided(state, decision(skip.retrain, "skipped", 5_000, skip.reason))
    assert governor.repeated(state, skip)


def test_too_few_labels_since_the_shift_are_a_skip_of_its_own() -> None:
    shift = FeatureShift(feature="x", window=4, effect=0.5, p=0.0, psi=0.1)
    seen = replace_struct(event(1, 5_000), shifts=[shift])
    state = governor.noticed(governor.serving(State(), 1, 0), seen)
    start = governor.moves(state, LIMITS)[-1]
    assert governor.shifted(state, start, 100) == 4_600
    assert governor.shifted(state, replace(start, event="age-1"), 100) == 0
    skip = governor.enough(start, 9, LIMITS, shifted=True)
    assert skip.reason == "too few labels since the shift: 9 of 10"
    state = governor.decided(state, decision(skip.retrain, "skipped", 5_000, skip.reason))
    assert governor.repeated(state, skip)
    assert not governor.repeated(state, governor.enough(start, 9, LIMITS))


def test_a_doubt_about_the_data_is_said_once_until_what_is_broken_changes() -> None:
    state = governor.noticed(governor.serving(State(), 1, 0), event(1, 5_000))
    start = governor.moves(state, LIMITS)[-1]
    assert governor.trusted(start, None) == start
    skip = governor.trusted(start, "data quality: x missing: in 90 % of the samples")
    assert skip.step == "skipped"
    state = governor.decided(state, decision(skip.retrain, "skipped", 5_000, skip.reason))
    assert governor.repeated(state, governor.trusted(start, "data quality: x missing: in 99 % of the samples"))
    assert not governor.repeated(state, governor.trusted(start, "data quality: x missing and 1 more: in 99 %"))
    few = governor.enough(start, 9, LIMITS)
    assert governor.trusted(few, "data quality: x missing: in 90 %") == few


def test_a_start_counts_from_when_it_was_due_however_late_it_is_noticed() -> None:
    driver = Driver()
    driver.see(event(1, 400))
    driver.tick(1_234)
    assert [found.figures[governor.DUE] for found in driver.steps("started")] == [1_000]
    driver.finish("rejected")
    driver.tick(2_777)
    assert [found.figures[governor.DUE] for found in driver.steps("started")] == [1_000, 2_000]


def test_refusals_wait_longer_and_longer_up_to_the_cooldown_and_a_promotion_ends_that() -> None:
    driver = Driver(replace(LIMITS, retry=300, daily_cap=9))
    driver.see(event(1, 400))
    for now in range(1_000, 4_000, 100):
        driver.tick(now)
        driver.finish("rejected")
    assert [found.figures[governor.DUE] for found in driver.steps("started")] == [1_000, 1_300, 1_900, 2_900, 3_900]
    driver.tick(4_900)
    driver.finish("promoted")
    assert driver.state.refusals == 0


@given(st.lists(action, max_size=60))
def test_age_starts_nothing_before_its_time_and_lets_no_calm_champion_grow_older(
    actions: list[tuple[str, int]],
) -> None:
    driver = play(actions, AGING)
    trained = {1: 0}
    for found in driver.log:
        if found.step == "started" and found.event.startswith("age-"):
            version = int(found.event.split("-")[1])
            assert version == max(trained)
            assert found.event_time >= trained[version] + 1_500
        if found.step == "promoted" and found.version is not None:
            trained[found.version] = found.event_time
    if driver.state.flight is None and not driver.state.incidents:
        old = driver.state.now >= trained[driver.version] + 1_500
        waits = {kind for name, kind in driver.state.said if name.startswith(f"age-{driver.version}-")}
        assert not old or len(waits) > 1  # it was asked for, and there is a reason why it has not started


@given(st.lists(action, max_size=60))
def test_without_a_maximum_age_or_before_it_drift_alone_decides(actions: list[tuple[str, int]]) -> None:
    far = replace(LIMITS, maximum_age=10**12)

    assert play(actions, far).log == play(actions).log


def test_a_calm_champion_is_retrained_when_it_is_too_old_and_only_then() -> None:
    driver = Driver(AGING)
    driver.tick(1_499)
    assert driver.log == []
    driver.tick(1_600)
    assert [found.step for found in driver.log] == ["requested", "started"]
    start = driver.log[-1]
    assert (start.retrain, start.event, start.figures[governor.DUE]) == ("age-1-1970-01-01-1", "age-1-1970-01-01", 1500)
    assert start.reason == (
        "Version 1 knows nothing after 1970-01-01T00:00+00:00: it has reached [retrain] maximum_age, "
        "1,500 milliseconds."
    )
    driver.tick(3_000)
    driver.finish("promoted")
    driver.tick(3_099)
    assert len(driver.steps("started")) == 1
    driver.tick(3_100)
    assert driver.steps("started")[-1].event == "age-2-1970-01-01"


def test_an_age_that_is_put_off_says_why_once_and_is_tried_again_after_a_refusal() -> None:
    driver = Driver(replace(LIMITS, cooldown=2_000, maximum_age=1_500))
    for now in range(1_400, 2_001, 100):
        driver.tick(now)
    assert [found.step for found in driver.log] == ["requested", "skipped", "started"]
    assert driver.log[1].reason.startswith("cooldown: until 1970-01-01T00:00")
    driver.finish("rejected")
    driver.tick(2_999)
    driver.tick(3_000)
    assert [found.retrain for found in driver.steps("started")] == ["age-1-1970-01-01-1", "age-1-1970-01-01-2"]


def test_an_open_incident_asks_for_the_retrain_that_age_would() -> None:
    driver = Driver(replace(AGING, cooldown=2_000))
    driver.see(event(1, 400))
    driver.tick(1_600)
    assert not [found for found in driver.log if found.event.startswith("age-")]
    driver.see(event(2, 1_700, "closed"))
    assert [found.step for found in driver.log if found.event.startswith("age-")] == ["requested", "skipped"]


def test_of_a_champion_whose_training_is_not_known_nobody_knows_the_age() -> None:
    state = governor.decided(State(), decision("i-1", "promoted", 9_000, version=1))
    assert governor.moves(state, AGING) == []
    state = governor.serving(state, 1, 8_000)
    assert governor.moves(state, AGING) == []
    assert governor.moves(governor.ticked(state, 9_500), AGING) != []


def test_a_retrain_is_near_with_an_open_incident_or_from_half_the_age_on() -> None:
    calm = governor.serving(State(), 1, 1_000)

    assert not governor.near(governor.ticked(calm, 1_749), AGING)
    assert governor.near(governor.ticked(calm, 1_750), AGING)
    assert not governor.near(governor.ticked(calm, 10_000), LIMITS)
    assert governor.near(governor.noticed(calm, event(1, 1_001)), LIMITS)
    flying = governor.decided(governor.noticed(calm, event(1, 1_001)), decision("i:1-1", "started", 1_002))
    assert not governor.near(flying, AGING)


def test_with_a_payoff_a_first_champion_is_asked_after_a_quarter_and_then_as_the_proofs_say() -> None:
    driver = Driver(PACED)
    driver.gate = {"gain": 0.4, "low": 0.39, "high": 0.41, "champion": 0.5}
    driver.tick(999)
    assert driver.log == []
    driver.tick(1_000)
    start = driver.steps("started")[-1]
    assert (start.event, start.figures[governor.DUE]) == ("age-1-1970-01-01", 1_000)
    assert start.reason == (
        "Version 1 knows nothing after 1970-01-01T00:00+00:00: a retrain may be worth [retrain] payoff after 1 second, "
        "nothing was proven yet."
    )
    driver.finish("promoted")
    assert driver.state.proofs[-1].gain == 0.8
    driver.tick(1_399)
    assert len(driver.steps("started")) == 1
    driver.tick(1_400)  # a third of a second, but for the cooldown
    assert driver.steps("started")[-1].event == "age-2-1970-01-01"


def test_a_refusal_is_a_proof_too_and_the_next_challenger_waits_longer() -> None:
    driver = Driver(PACED)
    driver.gate = {"gain": -0.4, "low": -0.41, "high": -0.39, "champion": 0.5}
    driver.tick(1_000)
    driver.finish("rejected")
    driver.tick(2_499)
    assert len(driver.steps("started")) == 1
    driver.tick(2_500)
    assert len(driver.steps("started")) == 2


def test_an_incident_that_no_challenger_answers_is_tried_less_and_less_often() -> None:
    driver = Driver(replace(PACED, daily_cap=99))
    driver.gate = {"gain": -0.4, "low": -0.41, "high": -0.39, "champion": 0.5}
    driver.see(event(1, 500))
    for now in range(500, 20_000, 50):
        driver.tick(now)
        driver.finish("rejected")
    due = [int(found.figures[governor.DUE] or 0) for found in driver.steps("started")]
    assert [later - earlier for earlier, later in pairwise(due)] == [400, 800, 1_600, 3_200, 4_000, 4_000, 4_000]


@given(st.lists(action, max_size=60))
def test_no_calm_champion_is_left_alone_for_longer_than_the_maximum_age(actions: list[tuple[str, int]]) -> None:
    driver = play(actions, PACED)
    driver.finish("promoted")
    if driver.state.incidents:
        return
    begun = driver.state.now
    driver.tick(begun + PACED.maximum_age) if PACED.maximum_age else None
    assert driver.state.flight is not None or len(driver.steps("started")) >= 1
