"""What a campaign gave, as figures: benchmarks/results/faults.json, docs/faults.md and the picture docs/faults.png."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import result
from faults import page, picture
from faults.campaign import Campaign
from faults.judge import Verdict
from faults.watch import Mark

DOCS = Path(__file__).parents[2] / "docs"


def figures(found: Campaign) -> dict[str, Any]:
    """All figures; `missed` is what was not as promised."""
    marks = [mark for outcome in found.outcomes for mark in outcome.marks]
    verdicts = [outcome.verdict for outcome in found.outcomes]
    kinds = sorted({mark.kind for mark in marks})
    return {
        "seed": found.options.seed,
        "samples_per_second": found.options.rate,
        "rounds": [
            {"scorers": o.plan.scorers, "framers": o.plan.framers, "faults": len(o.plan.faults),
             "samples": o.verdict.samples, "seconds": round(o.ended - o.began), "drained_s": round(o.drained_s, 1)}
            for o in found.outcomes
        ],
        "total": _sum([_numbers(verdict) for verdict in verdicts]),
        "history": _sum([verdict.history for verdict in verdicts]),
        "exits": _sum([_by_role(outcome.exits) for outcome in found.outcomes]),
        "faults": [row(kind, [mark for mark in marks if mark.kind == kind]) for kind in kinds],
        "transactions_open": sum(mark.detail == "open" for mark in marks),
        "stalls": _stalls(found),
        "skipped": found.without,
        "missed": [f"round {o.plan.number}: {what}" for o in found.outcomes for what in o.verdict.faulty()],
    }  # fmt: skip


def _numbers(verdict: Verdict) -> dict[str, int]:
    return {name: value for name, value in asdict(verdict).items() if isinstance(value, int)}


def _by_role(exits: Mapping[str, int]) -> dict[str, int]:
    """Exits of scorer-0, scorer-1 ... together."""
    return _sum([{re.sub(r"-\d+ ", " ", name): count} for name, count in exits.items()])


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)  # keeps what is 0, as + would not
    return dict(sorted(total.items()))


def row(kind: str, marks: list[Mark]) -> dict[str, Any]:
    """One kind of fault: seconds from its beginning until what `samples` held then was committed."""
    known = [mark.recovered_at - mark.began for mark in marks if mark.recovered_at is not None]
    lasted = [mark.ended - mark.began for mark in marks if mark.ended is not None]
    return {
        "kind": kind,
        "times": len(marks),
        "lasted": _part(lasted, 50),
        "p50": _part(known, 50),
        "p95": _part(known, 95),
        "max": _part(known, 100),
        "not_recovered": len(marks) - len(known),
    }


def _part(values: Iterable[float], percent: int) -> float | None:
    listed = list(values)
    return round(float(np.percentile(listed, percent)), 1) if listed else None


def _stalls(found: Campaign) -> list[dict[str, Any]]:
    all_ = [stall for outcome in found.outcomes for stall in outcome.stalls]
    return [
        {
            "what": what,
            "times": len(some),
            "others_p50": round(float(np.median([one.others for one in some])), 2),
            "others_max": round(max(one.others for one in some), 2),
            "own_p50": round(float(np.median([one.own for one in some])), 2),
            "own_max": round(max(one.own for one in some), 2),
        }
        for what in ("calm", "SIGTERM", "SIGKILL")
        if (some := [one for one in all_ if one.what == what])
    ]


def write(found: Campaign, made: Mapping[str, Any]) -> None:
    """The result file, the picture, the page."""
    picture.draw(found, DOCS / "faults.png")
    (DOCS / "faults.md").write_text(page.page(made))
    result.keep("faults", made)
