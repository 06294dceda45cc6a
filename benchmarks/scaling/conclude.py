"""From the measured figures to what scaling.json says. No servers, no clock: the same figures give the same result."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.scaling import scenarios
from benchmarks.scaling.inputs import Inputs, gather
from benchmarks.scaling.plant import SCORER, machine
from benchmarks.scaling.scenarios import Case, Outcome
from benchmarks.scaling.simulation import Load, Outage, simulate
from benchmarks.scaling.sizing import (
    Assumed,
    Resource,
    Traffic,
    affordable,
    broker_us,
    commits,
    resources,
    size,
)

RATES = (1e5, 1e6, 1e7)
OPENS, CLOSES = 0.1, 0.97
"""As the meter measures."""
ERROR = 0.25
"""The simulation of this machine shall be this near to what was measured on it."""


def conclude(measured: Mapping[str, float], bench: Mapping[str, Any] | None, cores: int) -> dict[str, Any]:
    """All of the result file."""
    inputs, assumed = gather(measured, bench), Assumed()
    check = checked(measured, cores)
    outcomes = [one for rate in RATES[1:] for one in _outcomes(rate, inputs, assumed)]
    missed = [
        f"{one.name} at {one.rate:,.0f}/s: sizing says {'it keeps up' if one.expected else 'it does not keep up'}, "
        f"the simulation finds that it {'does' if one.found else 'does not'}"
        + (f", caught up in {one.catch_up_s:.1f} s, foreseen {one.expected_catch_up_s:.1f} s" if one.catch_up_s else "")
        for one in outcomes
        if not one.agrees
    ]
    if abs(check["error"]) > ERROR:
        missed.append(f"this machine: {check['error']:+.0%} between simulated and measured, goal within {ERROR:.0%}")
    return {
        "measured": dict(measured),
        "cores": cores,
        "inputs": inputs.table(),
        "assumed": {name: getattr(assumed, name) for name in assumed.__slots__},
        "limits": limits(resources(inputs, assumed), assumed),
        "sizes": [described(rate, inputs, assumed) for rate in RATES],
        "check": check,
        "outcomes": [{**_fields(one), "agrees": one.agrees} for one in outcomes],
        "missed": missed,
    }


def _fields(one: Outcome) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def limits(given: Mapping[str, Resource], assumed: Assumed) -> list[dict[str, Any]]:
    """One of each, the one that is full first at the top."""
    return [
        {"resource": one.name, "unit": one.unit, "full": round(one.full),
         "planned": round(one.full * assumed.utilisation), "scales": one.scales}
        for one in sorted(given.values(), key=lambda one: one.full)
    ]  # fmt: skip


def described(rate: float, inputs: Inputs, assumed: Assumed) -> dict[str, Any]:
    """A size, with as much in PostgreSQL as one server takes, and what follows from it."""
    part, whole = affordable(rate, inputs, assumed), resources(inputs, assumed)
    found, given, traffic = size(rate, inputs, part), resources(inputs, part), Traffic.of(inputs)
    first, lane = found.first(given), rate / found.partitions
    row = inputs["postgres_row_b"] + inputs["postgres_wal_b"]
    return {
        "rate": rate,
        "partitions": found.partitions,
        "within_partitions_at_most": found.partitions <= assumed.partitions_at_most,
        "lane_rate": round(lane),
        "units": dict(found.units),
        "brokers": found.brokers,
        "first": first,
        "first_full": round(found.full(given, first)),
        "broker_cores": round(rate * broker_us(inputs, assumed) / 1e6, 1),
        "commits_s": round(rate * commits(inputs, assumed)),
        "written_mb_s": round(rate * traffic.written / 1e6, 1),
        "replicated_mb_s": round(rate * traffic.written * assumed.replication / 1e6, 1),
        "kept_tb_day": round(rate * traffic.written * assumed.replication * 86_400 / 1e12, 2),
        "scorer_memory_gb": round(found.units["scorer"] * inputs["scorer_mb"] / 1000, 1),
        "warehouses_for_all": whole["warehouse"].units(rate, assumed.utilisation),
        "postgres_cores": round(rate * inputs["postgres_us"] / 1e6, 1),
        "postgres_mb_s": round(rate * row / 1e6, 1),
        "postgres_tb_day": round(rate * inputs["postgres_row_b"] * 86_400 / 1e12, 2),
        "postgres_share": round(part.kept, 4),
        "evaluators": whole["evaluator"].units(rate, assumed.utilisation),
        "labels_within_s": round(assumed.ids / rate, 1),
        "ids_gb": round(assumed.ids * inputs["evaluator_id_b"] / 1e9, 1),
        "shortest_pane_s": round(found.partitions * inputs["judge_row_us"] / 1e6 / assumed.utilisation, 3),
        "samples_kept_min": round(assumed.samples_bytes / (lane * inputs["samples_b"]) / 60, 1),
        "frames_kept_min": round(assumed.frames_bytes / (lane * inputs["frames_b"]) / 60, 1),
        "duplicates_within_s": round(assumed.recent_ids / lane, 2),
    }


def _outcomes(rate: float, inputs: Inputs, assumed: Assumed) -> list[Outcome]:
    """All scenarios with as much in PostgreSQL as it can take, and one with everything in it."""
    part = affordable(rate, inputs, assumed)
    case, whole = Case.of(rate, inputs, part), Case.of(rate, inputs, assumed)
    found = [whole.run("every prediction into one PostgreSQL", Load(rate))[0]] if part.kept < 1 else []
    return [*(scenario(case) for scenario in scenarios.SCENARIOS), *scenarios.shortages(case), *found]


def checked(measured: Mapping[str, float], cores: int) -> dict[str, float]:
    """This machine: simulated from the parts measured one by one, and measured with both at once."""
    inputs = gather(measured, None)
    count, starts = measured["count"], measured["scorer_starts_s"]
    plain = machine(inputs, cores)
    slowest = min(inputs["scorer_rate"], cores / sum(one.use["cores"] for one in plain.stages))
    outages = (Outage(0, 0, 0.0, measured["framer_starts_s"]), Outage(SCORER, 0, 0.0, starts))
    run = simulate(plain, Load(0, backlog=count), starts + 4 * count / slowest, 0, outages, 0.02)
    done = run.served[:, SCORER]
    opens, closes = (float(np.interp(share * count, done, run.times)) for share in (OPENS, CLOSES))
    rate = (CLOSES - OPENS) * count / (closes - opens)
    within = (run.times >= opens) & (run.times <= closes)
    return {
        "cores_used": round(float(run.used[within].mean()), 3),
        "simulated": round(rate),
        "measured": round(measured["together_rate"]),
        "error": round(rate / measured["together_rate"] - 1, 3),
    }
