"""What `make bench-drift` compares does the same work, and its ratios are made as its page says."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from benchmarks.drift import ours, plain
from benchmarks.drift.events import NAMES, events
from benchmarks.drift.race import ASYMP, DEPLOYED, EXACT, SORTED, Race


def test_everybody_finds_the_same() -> None:
    rng = np.random.default_rng(1)
    reference, x = events(rng, 500), events(rng, 900)
    exact = ours.counter(reference, ours.exact)

    d, psi = ours.walks(exact, x)(3, 300)
    others = [
        ours.findings(exact, x)(3, 300),
        plain.by_numpy(reference, x)(3, 300),
        plain.by_scipy("asymp")(reference, x)(3, 300),
    ]

    assert d[1, 0] == ks_2samp(reference[:, 0], x[300:600, 0], method="asymp").statistic
    assert [one.tolist() for one, _ in others] == [d.tolist()] * 3
    assert others[0][1].tolist() == psi.tolist()
    continuous = [name in {"normal", "lognormal", "uniform", "student", "gamma", "exponential"} for name in NAMES]
    assert others[1][1][:, continuous] == pytest.approx(psi[:, continuous], abs=0.02)  # groups differ by a value


def test_ratios_are_made_within_a_round_and_few_windows_are_taken_for_all() -> None:
    race = Race(1_000, 10_000)
    for theirs, mine in ((8.0, 1.0), (30.0, 2.0), (9.0, 3.0)):
        race.add(SORTED, theirs, 100)
        race.add(DEPLOYED, mine, 100)
        race.add(EXACT, 2 * mine, 100)
    race.add(ASYMP, 5.0, 10)
    race.found = {name: (np.zeros((100, 8)), np.zeros((100, 8))) for name in (DEPLOYED, EXACT, SORTED, ASYMP)}

    rows = {row["name"]: row for row in race.figures()["table"]}

    assert (rows[SORTED]["ours_is"], rows[SORTED]["exact_is"]) == (8.0, 4.0)
    assert (rows[ASYMP]["seconds"], rows[ASYMP]["ours_is"]) == (50.0, 25.0)
    assert rows[SORTED]["goal"] is None  # of windows of 1,000 alone
