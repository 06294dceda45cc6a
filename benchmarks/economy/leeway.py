"""Leeway's own way: the judge's events and event time go to the governor, and what it starts is tried and gated."""

from concurrent.futures import Executor
from dataclasses import dataclass, field

from benchmarks.economy.course import Retrain
from benchmarks.economy.fits import Fits, Version
from benchmarks.economy.trial import Trial, trial, version
from benchmarks.economy.watch import Watch
from consumers.retrainer import governor
from consumers.retrainer.governor import Move
from consumers.retrainer.state import State
from consumers.retrainer.worker import limits
from consumers.training.selection import select
from schemas.messages import Decision, Figures, Step


@dataclass(slots=True)
class Leeway:
    """Of one world, as declared. Decisions are taken in at once, as the retrainer does."""

    fits: Fits
    pool: Executor
    watch: Watch = field(init=False)
    state: State = field(init=False)
    number: int = 1

    def __post_init__(self) -> None:
        world = self.fits.world
        self.watch = Watch(self.fits)
        self.state = governor.ticked(governor.serving(State(), 1, world.start), world.start)
        data = self.fits.vocabulary(world.known(world.start))
        selection = select(data, world.declaration.retrain, self.fits.fitter(data), 0, self.pool)
        self.watch.follow(1, self.fits.version(world.start, None), data, selection)

    def at(self, now: int, champion: Version) -> tuple[Version, Retrain] | None:
        """What the governor starts, if anything, and the champion after it."""
        declared = self.fits.world.declaration
        for event in self.watch.pane(now - declared.pane_ms):
            self.state = governor.noticed(self.state, event)
        self.state = governor.ticked(self.state, now)
        bounds = limits(declared)
        while moves := governor.moves(self.state, bounds):
            move = (
                governor.enough(moves[0], len(self.fits.world.places(now)), bounds) if _starts(moves[0]) else moves[0]
            )
            if governor.repeated(self.state, move):
                return None
            self._decide(move, move.step, move.reason, governor.figures(self.state, move))
            if move.step == "started":
                return self._retrain(move, now, champion)
        return None

    def _retrain(self, move: Move, now: int, champion: Version) -> tuple[Version, Retrain]:
        found = trial(self.fits, champion, now, self.pool)
        verdict = found.verdict
        figures = {name: getattr(verdict, name) for name in ("gain", "low", "high", "champion", "challenger")}
        self._decide(move, "gated", verdict.reason, figures)
        told = Retrain(now, move.reason, found.selection.chosen, verdict.passed)
        if not verdict.passed:
            self._decide(move, "rejected", verdict.reason, {})
            return champion, told
        return self._promote(move, found), told

    def _promote(self, move: Move, found: Trial) -> Version:
        self.number += 1
        made = version(self.fits, found)
        self._decide(move, "promoted", "", {}, self.number)
        self.state = governor.serving(self.state, self.number, found.data.as_of)
        self.watch.follow(self.number, made, found.data, found.selection)
        return made

    def _decide(self, move: Move, step: Step, reason: str, figures: Figures, made: int | None = None) -> None:
        decision = Decision(
            retrain=move.retrain, event=move.event, stream=self.fits.world.declaration.name, step=step, reason=reason,
            event_time=self.state.now, at=self.state.now, version=made, figures=figures,
        )  # fmt: skip
        self.state = governor.decided(self.state, decision)


def _starts(move: Move) -> bool:
    return move.step == "started"
