"""How the samples of one window turned out, held against a version's reference: the rows LABEL and LOSS of `drift`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from schemas.declaration import Declaration
from schemas.messages import LOSS_SCALE, SQUARE_SCALE, DriftRow, DriftTest, Outcome
from schemas.reference import LABEL, LOSS, OUTCOMES, Outcomes
from streams.drift.distance import Distance
from streams.drift.loss import Clusters, Mean, clusters, increase
from streams.drift.shares import share

INDEPENDENT = Clusters(1.0, 0, calm=True)
Verdict = Literal["stable", "drifted", "insufficient"]


@dataclass(frozen=True, slots=True)
class Turnout:
    """Rows of `outcomes`: those `inside` the window, the last of them `now`, and `usual` ones before it."""

    now: Outcome
    window: int
    inside: Sequence[Outcome]
    usual: Sequence[Outcome]
    reference: Outcomes | None

    def rows(self, declaration: Declaration, *, risen: bool) -> tuple[DriftRow, DriftRow]:
        """Of the labels and of the losses; `risen`: ADWIN is heard, and has seen losses rise."""
        level = declaration.half_of_them / (len(OUTCOMES) * len(declaration.drift.windows))
        return self._label(declaration, level), self._loss(declaration, level, heard=risen)

    def _label(self, declaration: Declaration, level: float) -> DriftRow:
        like = clusters([labels([one]) for one in self.usual])
        here, known = labels(self.inside), self.reference
        if known is None or here.n == 0:
            return self._row(LABEL, "label", None, here, None, like, "insufficient")
        there, worth = Mean.of(known.n, known.positives, known.positives), (like or INDEPENDENT).effect
        found = share(there.mean, here.mean, there.n / worth, here.n / worth)
        beyond = found.effect >= declaration.drift.tolerance and found.p < level
        return self._row(LABEL, "label", found, here, there, like, self._verdict(declaration, like, beyond=beyond))

    def _loss(self, declaration: Declaration, level: float, *, heard: bool) -> DriftRow:
        like = clusters([losses([one]) for one in self.usual])
        here, known = losses(self.inside), self.reference
        if known is None or here.n <= 1:
            return self._row(LOSS, "loss", None, here, None, like, "insufficient")
        there, tolerance = Mean(known.n, known.loss, known.std**2), declaration.drift.loss_tolerance
        test: DriftTest = "loss"
        found = increase(there, here, like or INDEPENDENT)
        beyond = found.effect >= tolerance and found.p < level
        if heard and not beyond and like is not None and like.calm:
            second = self._adwin(there, here)
            if second is not None and second.effect >= tolerance and second.p <= declaration.half_of_them:
                found, test, beyond = second, "adwin", True
        return self._row(LOSS, test, found, here, there, like, self._verdict(declaration, like, beyond=beyond))

    def _adwin(self, there: Mean, here: Mean) -> Distance | None:
        """ADWIN's window against the reference; the spread of single losses is taken from this pane."""
        if self.now.adwin_width is None or self.now.adwin_mean is None or self.now.adwin_width < 2:  # noqa: PLR2004 - one loss has no spread
            return None
        since = Mean(self.now.adwin_width, self.now.adwin_mean, here.variance)
        return replace(increase(there, since, INDEPENDENT), p=self.now.adwin_delta)

    def _verdict(self, declaration: Declaration, like: Clusters | None, *, beyond: bool) -> Verdict:
        n = sum(one.labelled for one in self.inside)
        if self.reference is None or like is None or min(n, self.reference.n) < declaration.drift.minimum:
            return "insufficient"
        return "drifted" if beyond else "stable"

    def _row(
        self,
        feature: str,
        test: DriftTest,
        found: Distance | None,
        here: Mean,
        there: Mean | None,
        like: Clusters | None,
        verdict: Verdict,
    ) -> DriftRow:
        seen, worth = sum(one.predictions for one in self.inside), (like or INDEPENDENT).effect
        return DriftRow(
            version=self.now.version,
            pane_end=self.now.pane_end,
            window=self.window,
            feature=feature,
            n=here.n,
            m=there.n if there else 0,
            worth_n=round(here.n / worth, 1),
            worth_m=round(there.n / worth, 1) if there else 0.0,
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
