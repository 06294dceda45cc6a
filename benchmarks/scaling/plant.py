"""A sized deployment as the simulation sees it."""

from collections.abc import Mapping

from benchmarks.scaling.inputs import Inputs
from benchmarks.scaling.simulation import Pipeline, Stage
from benchmarks.scaling.sizing import Resource, Size, Traffic

FRAMER, SCORER, WAREHOUSE = range(3)
_BROKER = ("broker CPU", "broker network", "broker disk")
_POSTGRES = ("PostgreSQL CPU", "PostgreSQL disk")


def plant(
    size: Size, given: Mapping[str, Resource], inputs: Inputs, less: Mapping[str, float] | None = None
) -> Pipeline:
    """Framers, scorers and warehouses with brokers and PostgreSQL; `less` scales the capacity of a resource.

    A shared resource counts in units: a sample takes 1/full of one.
    """
    scale = less or {}
    early = _early(inputs)
    framing = {name: early[name] / given[name].full for name in _BROKER}
    scoring = {name: (1 - early[name]) / given[name].full for name in _BROKER}
    stages = [
        _processes("framer", size, given, scale, None, framing),
        _processes("scorer", size, given, scale, FRAMER, scoring),
        _processes("warehouse", size, given, scale, SCORER, {name: 1 / given[name].full for name in _POSTGRES}),
    ]
    capacity = {name: size.brokers * scale.get(name, 1.0) for name in _BROKER}
    capacity |= {name: scale.get(name, 1.0) for name in _POSTGRES}
    return Pipeline(stages, size.partitions, capacity)


def _processes(
    name: str,
    size: Size,
    given: Mapping[str, Resource],
    scale: Mapping[str, float],
    after: int | None,
    use: Mapping[str, float],
) -> Stage:
    return Stage(name, size.units[name], given[name].full * scale.get(name, 1.0), after, use)


def _early(inputs: Inputs) -> dict[str, float]:
    """The share of a broker's work that is done by the time a sample is framed."""
    traffic = Traffic.of(inputs)
    stored = (inputs["samples_b"] + inputs["frames_b"]) / traffic.written
    first = inputs["broker_produce_us"] + inputs["broker_frame_us"]
    later = inputs["broker_score_us"] + 2 * inputs["broker_predictions_read_us"]
    return {"broker CPU": first / (first + later), "broker network": stored, "broker disk": stored}


def machine(inputs: Inputs, cores: int) -> Pipeline:
    """One framer and one scorer with the broker on a machine of so many cores, six partitions."""
    framing = inputs["framer_us"] + inputs["broker_frame_us"]
    scoring = inputs["scorer_us"] + inputs["broker_score_us"]
    stages = [
        Stage("framer", 1, inputs["framer_rate"], None, {"cores": framing / 1e6}),
        Stage("scorer", 1, inputs["scorer_rate"], FRAMER, {"cores": scoring / 1e6}),
    ]
    return Pipeline(stages, 6, {"cores": float(cores)})
