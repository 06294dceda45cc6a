"""How the samples of one window turned out, held against a version's reference: the rows LABEL and LOSS of `drift`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from schemas.declaration import Declaration
from schemas.messages import LOSS_SCALE, SQUARE_SCALE, DriftRow, DriftTest, Outcome
from schemas.reference import LABEL, LOSS, OUTCOMES, Outcomes
from streams.drift.distance import Distance
from streams.drift.loss import Alike, Mean, alike, increase, rate

INDEPENDENT = Alike(1.0, 0, calm=True)
Verdict = Literal["stable", "drifted", "insufficient"]


@dataclass(frozen=True, slots=True)
class Turnout:
    """Rows of `outcomes`: those `inside` the window, the last of them `now`, and those `before` it."""

    now: Outcome
    window: int
    inside: Sequence[Outcome]
    before: Sequence[Outcome]
    reference: Outcomes | None

    def rows(self, declaration: Declaration, *, risen: bool, shortest: bool) -> tuple[DriftRow, DriftRow]:
        """Of the labels and of the losses; `risen`: ADWIN has seen the version's losses rise."""
        level = declaration.drift.alpha / (len(OUTCOMES) * len(declaration.drift.windows))
        return self._label(declaration, level), self._loss(declaration, level, heard=risen and shortest)

    def _label(self, declaration: Declaration, level: float) -> DriftRow:
        here, known = labels(self.inside), self.reference
        like = alike([labels([one]) for one in self.before])
        there = Mean.of(known.n, known.positives, known.positives) if known else None
        found = None
        if known and here.n:
            counts = known.n, known.positives, here.n, sum(one.positives for one in self.inside)
            found = rate(*counts, like or INDEPENDENT)
        beyond = found is not None and found.effect >= declaration.drift.tolerance and found.p < level
        verdict = self._verdict(declaration, like, beyond=beyond)
        return self._row(LABEL, "label", found, here, there, verdict)

    def _loss(self, declaration: Declaration, level: float, *, heard: bool) -> DriftRow:
        here, known = losses(self.inside), self.reference
        like = alike([losses([one]) for one in self.before])
        if known is None or here.n <= 1:
            return self._row(LOSS, "loss", None, here, None, "insufficient")
        there, tolerance = Mean(known.n, known.loss, known.std**2), declaration.drift.loss_tolerance
        found, test = increase(there, here, like or INDEPENDENT), "loss"
        beyond = found.effect >= tolerance and found.p < level
        if heard and not beyond and like is not None and like.calm:
            second = self._adwin(there, here)
            if second is not None and second.effect >= tolerance and second.p <= declaration.drift.alpha:
                found, test, beyond = second, "adwin", True
        verdict = self._verdict(declaration, like, beyond=beyond)
        return self._row(LOSS, "adwin" if test == "adwin" else "loss", found, here, there, verdict)

    def _adwin(self, there: Mean, here: Mean) -> Distance | None:
        """ADWIN's window against the reference; the spread of single losses is taken from this pane."""
        if self.now.adwin_width is None or self.now.adwin_mean is None or self.now.adwin_width < 2:  # noqa: PLR2004 - one loss has no spread
            return None
        since = Mean(self.now.adwin_width, self.now.adwin_mean, here.variance)
        return replace(increase(there, since, INDEPENDENT), p=self.now.adwin_delta)

    def _verdict(self, declaration: Declaration, like: Alike | None, *, beyond: bool) -> Verdict:
        n = sum(one.labelled for one in self.inside)
        if self.reference is None or like is None or min(n, self.reference.n) < declaration.drift.minimum:
            return "insufficient"
        return "drifted" if beyond else "stable"

    def _row(
        self, feature: str, test: DriftTest, found: Distance | None, here: Mean, there: Mean | None, verdict: Verdict
    ) -> DriftRow:
        seen = sum(one.predictions for one in self.inside)
        return DriftRow(
            version=self.now.version,
            pane_end=self.now.pane_end,
            window=self.window,
            feature=feature,
            n=here.n,
            m=there.n if there else 0,
            test=test,
            effect=found.effect if found else 0.0,
            low=found.low if found else None,
            high=found.high if found else None,
            p=found.p if found else 1.0,
            psi=0.0,
            mean=here.mean if here.n else None,
            std=math.sqrt(here.variance) if here.n > 1 else None,
            reference_mean=there.mean if there else None,
            reference_std=math.sqrt(there.variance) if there else None,
            missing=1 - here.n / seen if seen else 0.0,
            verdict=verdict,
        )


def labels(panes: Sequence[Outcome]) -> Mean:
    """Of the labels of these panes, 0 and 1."""
    positives = sum(one.positives for one in panes)
    return Mean.of(sum(one.labelled for one in panes), positives, positives)


def losses(panes: Sequence[Outcome]) -> Mean:
    """Of the log-losses of these panes, in nats."""
    total, squares = sum(one.loss for one in panes), sum(one.squares for one in panes)
    return Mean.of(sum(one.labelled for one in panes), total / LOSS_SCALE, squares / SQUARE_SCALE)
