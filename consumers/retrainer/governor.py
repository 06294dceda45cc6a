"""When to retrain: a pure state machine from drift events, event time and its own decisions to the next decisions.

Its state is a function of the `decisions` topic, of the incidents that are open and of the champion, so a restarted
process that reads their topics again decides as the one before it would have. Time is event time.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from consumers.retrainer import standing
from consumers.retrainer.charge import Flight, begun
from consumers.retrainer.standing import Standing
from schemas.duration import words
from schemas.messages import FINAL_STEPS, FIRST_STEPS, Decision, DriftEvent

DAY_MS = 86_400_000
DUE = "due"
"""The figure of a start that says when it was due: event time in milliseconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Milliseconds of event time between starts: `cooldown`; after a refusal `retry`, doubled with each further one.

    At most `daily_cap` starts happen within one day of event time. A champion that knows nothing of the last
    `maximum_age` is retrained without drift; None is never.
    """

    cooldown: int
    retry: int
    daily_cap: int
    minimum_labels: int
    maximum_age: int | None = None
    watch: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """`incidents` holds the latest event of each open incident; those about `version`, the champion, count.

    What the champion knows ends at `trained_until`; None while that is not known. `attempts` counts the starts for each
    event. `said` are the requests and the kinds of skip that were recorded of an
    event since its last attempt. `starts` are the event times of the latest starts. `since` is when the last was due,
    or the champion's `trained_until`: the cooldown counts from there; None while there is no champion. `refusals` are
    the retrains in a row that did not end in a promotion.
    """

    incidents: dict[str, DriftEvent] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    said: frozenset[tuple[str, str]] = frozenset()
    starts: tuple[int, ...] = ()
    since: int | None = None
    refusals: int = 0
    now: int = 0
    version: int = 0
    trained_until: int | None = None
    flight: Flight | None = None
    standing: Standing = field(default_factory=Standing)


Step = Literal["requested", "skipped", "started"]


@dataclass(frozen=True, slots=True)
class Move:
    """A decision; a start also says when it was `due`. Labels must be counted before `started`; see `enough`."""

    step: Step
    retrain: str
    event: str
    reason: str
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why to retrain: a drift event, or a champion that has grown too old; from `since` on (event time)."""

    id: str
    reason: str
    since: int


def serving(state: State, version: int, trained_until: int | None) -> State:
    """This version is the champion: what was found about earlier ones is answered by it, as long as it serves.

    The first cooldown counts from `trained_until`.
    """
    since = state.since
    if since is None or not state.starts or version > state.version:  # else its own start says more
        since = max(since or 0, trained_until or 0)
    if version > state.version or (version == state.version and trained_until is not None):
        state = replace(state, version=version, trained_until=trained_until)
    return replace(state, since=since)


def noticed(state: State, event: DriftEvent) -> State:
    """Takes in a drift event. The same one again changes nothing; `closed` ends its incident."""
    incidents = dict(state.incidents)
    known = incidents.get(event.incident)
    if event.kind == "closed":
        incidents.pop(event.incident, None)
    elif known is None or known.event_time <= event.event_time:
        incidents[event.incident] = event
    return replace(state, incidents=incidents, now=max(state.now, event.event_time))


def ticked(state: State, event_time: int) -> State:
    """The stream has reached this event time."""
    return replace(state, now=max(state.now, event_time))


def decided(state: State, decision: Decision) -> State:
    """Takes in a decision, as it stands in the topic."""
    state = replace(ticked(state, decision.event_time), standing=standing.after(state.standing, decision))
    if decision.step in ("requested", "skipped"):
        return replace(state, said=state.said | {(decision.event, _kind(decision))})
    if decision.step == "started" and (state.flight is None or state.flight.retrain != decision.retrain):
        attempts = state.attempts | {decision.event: int(decision.retrain.rpartition("-")[2])}
        starts = (*state.starts[-63:], decision.event_time)
        due = int(decision.figures.get(DUE) or decision.event_time)
        return replace(state, flight=begun(decision), attempts=attempts, starts=starts, since=due)
    if decision.step in FIRST_STEPS and (state.flight is None or state.flight.retrain != decision.retrain):
        return replace(state, flight=begun(decision))
    if decision.step in FINAL_STEPS:
        return _ended(state, decision)
    flight = state.flight
    if flight is None or flight.retrain != decision.retrain:
        return state
    version = decision.version or flight.version
    return replace(state, flight=replace(flight, step=decision.step, version=version, reached=decision.event_time))


def moves(state: State, limits: Limits) -> list[Move]:
    """What is to be decided now: each cause is requested once, put off with a reason once, then started.

    At most one start is among them, and none while a retrain is in flight.
    """
    found: list[Move] = []
    blocked = _blocked(state, limits)
    early = _early(state, limits)
    for cause in causes(state, limits):
        obstacle = blocked or (None if cause.id in state.standing.asked else early)
        retrain = f"{cause.id}-{state.attempts.get(cause.id, 0) + 1}"
        if (cause.id, "requested") not in state.said:
            found.append(Move("requested", retrain, cause.id, cause.reason))
        if obstacle is None:
            found.append(Move("started", retrain, cause.id, cause.reason, _due(state, limits, cause)))
            blocked = ("in flight", f"{retrain} has just started")
        elif (cause.id, obstacle[0]) not in state.said:
            found.append(Move("skipped", retrain, cause.id, f"{obstacle[0]}: {obstacle[1]}"))
    return found


def causes(state: State, limits: Limits) -> list[Cause]:
    """What people ask for, then the open incidents that no retrain is in flight for, oldest first.

    Without an incident the champion's age is one.
    """
    flying = state.flight.event if state.flight else None
    asked = [Cause(name, why, state.now) for name, why in state.standing.asked.items()]
    events = sorted(_open(state), key=lambda event: (event.event_time, event.id))
    found = [Cause(event.id, event.sentence, event.event_time) for event in events if event.id != flying]
    aged = None if events or state.flight else _aged(state, limits)
    return asked + (found if aged is None else [aged])


def near(state: State, limits: Limits) -> bool:
    """Whether a retrain may start before long: an incident is open, or the champion has half of its maximum age."""
    if state.flight is not None:
        return False
    until, most = state.trained_until, limits.maximum_age
    return bool(_open(state) or state.standing.asked) or (
        until is not None and most is not None and state.now >= until + most // 2
    )


def _open(state: State) -> list[DriftEvent]:
    """The incidents about the champion, or about one that was not there when it took over."""
    return [event for event in state.incidents.values() if event.version >= state.version]


def _aged(state: State, limits: Limits) -> Cause | None:
    """The champion is too old. The version and the day name it, so that it is the same cause after a restart."""
    until = state.trained_until
    if limits.maximum_age is None or until is None or state.now < until + limits.maximum_age:
        return None
    due = until + limits.maximum_age
    return Cause(
        f"age-{state.version}-{_date(due)[:10]}",
        f"Version {state.version} knows nothing after {_date(until)}: "
        f"it has reached [retrain] maximum_age, {words(limits.maximum_age)}.",
        due,
    )


def _due(state: State, limits: Limits, cause: Cause) -> int:
    """When the cooldown no longer stood in the way: the next one counts from there, however late this is noticed.

    What was put off for another reason is due now.
    """
    others = {kind for name, kind in state.said if name == cause.id} - {"requested", "cooldown", "in flight"}
    return state.now if others or state.since is None else max(cause.since, state.since + _wait(state, limits))


def _wait(state: State, limits: Limits) -> int:
    """Milliseconds from the last start until the next may be."""
    return limits.cooldown if not state.refusals else min(limits.cooldown, limits.retry << (state.refusals - 1))


def enough(move: Move, labels: int, limits: Limits) -> Move:
    """The start, or a skip if too few labels are known."""
    if labels >= limits.minimum_labels:
        return move
    reason = f"too few labels: {labels} are known, {limits.minimum_labels} are needed"
    return replace(move, step="skipped", reason=reason)


def repeated(state: State, move: Move) -> bool:
    """Whether this skip was said of this event since its last attempt."""
    return move.step == "skipped" and (move.event, move.reason.partition(":")[0]) in state.said


def _kind(decision: Decision) -> str:
    """What a decision is remembered by: its step, or for a skip the kind of reason."""
    return decision.step if decision.step == "requested" else decision.reason.partition(":")[0]


def _ended(state: State, decision: Decision) -> State:
    """A promoted version answers what was found about earlier ones; else the incident may be tried again later.

    After a rollback the version before serves again, and what was found about it is open again.
    """
    if state.flight is None and decision.step != "promoted":  # read a second time
        return state
    if state.flight is not None and state.flight.retrain != decision.retrain:
        return state
    said = frozenset(item for item in state.said if item[0] != decision.event or item[1] == "requested")
    shadowed = state.flight is not None and state.flight.step == "shadowing"
    state = replace(state, flight=None, said=said)
    if decision.version is not None and decision.step in ("promoted", "rolled_back"):
        if decision.version < state.version:
            state = replace(state, version=decision.version, trained_until=None)
        if decision.step == "promoted":
            return serving(replace(state, refusals=0), decision.version, None)
    if decision.step == "rolled_back" or shadowed:  # else a retrain ends when it began, in event time
        state = replace(state, since=max(state.since or 0, decision.event_time))
    return replace(state, refusals=state.refusals + 1)


def _blocked(state: State, limits: Limits) -> tuple[str, str] | None:
    """Why nothing may start now, whoever asks: the kind of reason and its words."""
    frozen, watch = state.standing.frozen, state.standing.watch
    if state.flight is not None:
        return "in flight", f"{state.flight.retrain} has not ended"
    if frozen is not None:
        who, _, why = frozen.partition(": ")
        return f"frozen {who}", why
    if watch is not None and limits.watch is not None:
        return (
            "watched",
            f"version {watch.version} has to prove itself, at least until {_date(watch.since + limits.watch)}",
        )
    if state.since is None:
        return "no champion", "train the first one with `leeway train`"
    return None


def _early(state: State, limits: Limits) -> tuple[str, str] | None:
    """Why it is too early for what nobody asked for."""
    if state.since is None:
        return None
    if state.now < state.since + _wait(state, limits):
        return "cooldown", f"until {_date(state.since + _wait(state, limits))}"
    if sum(1 for start in state.starts if start > state.now - DAY_MS) >= limits.daily_cap:
        return "daily cap", f"{limits.daily_cap} starts within a day"
    return None


def _date(event_time: int) -> str:
    return datetime.fromtimestamp(event_time / 1000, UTC).isoformat(timespec="minutes")
