"""Why no retrain may start now, and how long it is until one may."""

from consumers.retrainer import pace
from consumers.retrainer.state import Limits, State
from consumers.retrainer.triggers import date
from schemas.declaration import DAY_MS


def blocked(state: State, limits: Limits) -> tuple[str, str] | None:
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
            f"version {watch.version} has to prove itself, at least until {date(watch.since + limits.watch)}",
        )
    if state.since is None:
        return "no champion", "train the first one with `leeway train`"
    return None


def early(state: State, limits: Limits) -> tuple[str, str] | None:
    """Why it is too early for what nobody asked for."""
    if state.since is None:
        return None
    if state.now < state.since + wait(state, limits):
        return "cooldown", f"until {date(state.since + wait(state, limits))}"
    if sum(1 for start in state.starts if start > state.now - DAY_MS) >= limits.daily_cap:
        return "daily cap", f"{limits.daily_cap} starts within a day"
    return None


def wait(state: State, limits: Limits) -> int:
    """Milliseconds from the last start until the next may be."""
    if not state.refusals:
        return limits.cooldown
    longest = limits.cooldown if limits.payoff is None else max(limits.cooldown, interval(state, limits, limits.payoff))
    return min(longest, limits.retry << (state.refusals - 1))


def interval(state: State, limits: Limits, payoff: float) -> int:
    """From one start to the next, if nothing but age asks."""
    return pace.interval(state.proofs, payoff, limits.maximum_age or limits.cooldown, limits.cooldown)
