"""When to retrain: a pure state machine from drift events, event time and its own decisions to the next decisions.

Its state is a function of the `decisions` topic, of the incidents that are open and of the champion, so a restarted
process that reads their topics again decides as the one before it would have. Time is event time.
"""

from dataclasses import dataclass, replace
from typing import Literal

from consumers.retrainer import obstacles, pace, standing, triggers
from consumers.retrainer.charge import AGE, Flight, begun
from consumers.retrainer.state import Limits, State
from consumers.retrainer.triggers import Cause
from schemas.messages import FINAL_STEPS, FIRST_STEPS, Decision, DriftEvent, Figures

DOUBT = "data quality"
"""The kind of reason for which what is known cannot be trained on."""
DUE = "due"
"""The figure of a start that says when it was due: event time in milliseconds."""


Step = Literal["requested", "skipped", "started"]


@dataclass(frozen=True, slots=True)
class Move:
    """A decision; a start also says when it was `due`. Labels must be counted before `started`; see `enough`."""

    step: Step
    retrain: str
    event: str
    reason: str
    due: int | None = None


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
    if decision.step in FIRST_STEPS and (state.flight is None or state.flight.retrain != decision.retrain):
        state = replace(state, flight=begun(decision))
        if decision.step != "started":
            return state
        attempts = state.attempts | {decision.event: int(decision.retrain.rpartition("-")[2])}
        starts = (*state.starts[-63:], decision.event_time)
        due = int(decision.figures.get(DUE) or decision.event_time)
        return replace(state, attempts=attempts, starts=starts, since=due)
    if decision.step in FINAL_STEPS:
        return _ended(state, decision)
    flight = state.flight
    if flight is None or flight.retrain != decision.retrain:
        return state
    version = decision.version or flight.version
    flown = replace(flight, step=decision.step, version=version, reached=decision.event_time)
    state = replace(state, flight=flown)
    return _proven(state, flight, decision) if decision.step == "gated" and flight.step != "gated" else state


def _proven(state: State, flight: Flight, decision: Decision) -> State:
    """Keeps what the gate has seen."""
    seen = pace.proof(flight.age, decision.figures, drifted=not flight.event.startswith(triggers.AGE))
    return state if seen is None else replace(state, proofs=(*state.proofs[-63:], seen))


def moves(state: State, limits: Limits) -> list[Move]:
    """What is to be decided now: each cause is requested once, put off with a reason once, then started.

    At most one start is among them, and none while a retrain is in flight.
    """
    found: list[Move] = []
    blocked = obstacles.blocked(state, limits)
    early = obstacles.early(state, limits)
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


def figures(state: State, move: Move) -> Figures:
    """Of a move, for its decision."""
    if move.due is None:
        return {}
    return {DUE: move.due, AGE: None if state.trained_until is None else state.now - state.trained_until}


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
    """Whether a retrain may start before long: an incident is open, or half of the time until age asks is over."""
    if state.flight is not None:
        return False
    cause, wanted = _age(state, limits), bool(_open(state) or state.standing.asked)
    if wanted or cause is None or state.trained_until is None:
        return wanted
    begun = max(state.trained_until, state.since or 0)
    return state.now >= begun + (cause.since - begun) // 2


def _age(state: State, limits: Limits) -> Cause | None:
    """When the champion will have been there for long enough, and why; None is never."""
    until, most = state.trained_until, limits.maximum_age
    if most is None or until is None:
        return None
    if limits.payoff is None or state.since is None:
        return triggers.too_old(state.version, until, most)
    interval = obstacles.interval(state, limits, limits.payoff)
    return triggers.worth_it(state.version, until, state.since, interval, len(state.proofs))


def _open(state: State) -> list[DriftEvent]:
    """The incidents about the champion, or about one that was not there when it took over."""
    return [event for event in state.incidents.values() if event.version >= state.version]


def _aged(state: State, limits: Limits) -> Cause | None:
    """The champion's age, once it has come to that."""
    cause = _age(state, limits)
    return cause if cause is not None and state.now >= cause.since else None


def _due(state: State, limits: Limits, cause: Cause) -> int:
    """When the cooldown no longer stood in the way: the next one counts from there, however late this is noticed.

    What was put off for another reason is due now.
    """
    others = {kind for name, kind in state.said if name == cause.id} - {"requested", "cooldown", "in flight"}
    return state.now if others or state.since is None else max(cause.since, state.since + obstacles.wait(state, limits))


def shifted(state: State, move: Move, pane_ms: int) -> int:
    """Where the window begins that shows the shift which a start answers, epoch ms; 0 where it answers none."""
    event = next((event for event in state.incidents.values() if event.id == move.event), None)
    windows = [shift.window for shift in event.shifts] if event else []
    return event.event_time - max(windows) * pane_ms if event and windows else 0


def enough(move: Move, labels: int, limits: Limits, *, shifted: bool = False) -> Move:
    """The start, or a skip if too few labels are known; if `shifted`, of samples since the shift."""
    if labels >= limits.minimum_labels:
        return move
    reason = f"too few labels: {labels} are known, {limits.minimum_labels} are needed"
    if shifted:
        reason = f"too few labels since the shift: {labels} of {limits.minimum_labels}"
    return replace(move, step="skipped", reason=reason)


def trusted(move: Move, doubt: str | None) -> Move:
    """The start, or a skip if there is a doubt about what is known: its kind of reason is up to the second colon."""
    return move if doubt is None or move.step != "started" else replace(move, step="skipped", reason=doubt)


def repeated(state: State, move: Move) -> bool:
    """Whether this skip was said of this event since its last attempt."""
    return move.step == "skipped" and (move.event, _reason(move.reason)) in state.said


def _kind(decision: Decision) -> str:
    """What a decision is remembered by: its step, or for a skip the kind of reason."""
    return decision.step if decision.step == "requested" else _reason(decision.reason)


def _reason(words: str) -> str:
    """The kind of a reason; what data quality is in doubt about is told apart, so that a change of it is said."""
    return ":".join(words.split(":")[: 2 if words.startswith(DOUBT) else 1])


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
