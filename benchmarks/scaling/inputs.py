"""The measured figures that everything here starts from: each says what it is, and from which result file it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import result


@dataclass(frozen=True, slots=True)
class Said:
    """What a figure is, and where in bench.json it stands if `make bench` has measured it too."""

    unit: str
    what: str
    bench: str = ""


FIGURES = {
    "framer_us": Said("CPU us/sample", "framer"),
    "framer_rate": Said("samples/s", "one framer process alone, by the wall"),
    "framer_mb": Said("MB", "framer, resident at most"),
    "scorer_us": Said("CPU us/sample", "scorer", "per_cpu_second"),
    "scorer_rate": Said("samples/s", "one scorer process alone, by the wall", "per_second"),
    "scorer_mb": Said("MB", "scorer, resident at most", "rss_mb"),
    "scorer_starts_s": Said("s", "start of a scorer until its first committed prediction"),
    "scorer_commit_us": Said("CPU us", "scorer, a commit of a lane with next to nothing in it"),
    "warehouse_us": Said("CPU us/row", "warehouse process, a prediction"),
    "warehouse_rate": Said("rows/s", "one warehouse process alone, by the wall"),
    "postgres_us": Said("CPU us/row", "PostgreSQL, a prediction"),
    "postgres_row_b": Said("bytes/row", "table and its three indexes"),
    "postgres_wal_b": Said("bytes/row", "write-ahead log"),
    "evaluator_us": Said("CPU us/prediction", "evaluator, no label yet"),
    "evaluator_rate": Said("predictions/s", "the evaluator alone, by the wall"),
    "evaluator_id_b": Said("bytes/prediction", "evaluator's memory, kept until the label's longest delay is over"),
    "judge_row_us": Said("CPU us/row", "judge, a partition's sketch of a pane, read and merged into four windows"),
    "sketch_b": Said("bytes", "counts and moments of a sketch"),
    "broker_produce_us": Said("CPU us/sample", "broker, samples produced"),
    "broker_frame_us": Said("CPU us/sample", "broker, samples fetched and frames produced"),
    "broker_score_us": Said("CPU us/sample", "broker, frames fetched, all that a scorer writes, transactions"),
    "broker_predictions_read_us": Said("CPU us/sample", "broker, predictions fetched by one group"),
    "broker_read_us_mb": Said("CPU us/MB", "broker, a plain read"),
    "broker_commit_us": Said("CPU us", "broker, a transaction with next to nothing in it"),
    "broker_idle_cores": Said("cores", "broker, idle with its clients connected"),
    "sample_json_b": Said("bytes", "a sample's JSON"),
    "samples_b": Said("bytes/sample", "`samples` on disk, lz4"),
    "frames_b": Said("bytes/sample", "`frames` on disk, lz4"),
    "predictions_b": Said("bytes/sample", "`predictions` on disk, lz4"),
    "state_b": Said("bytes/sample", "`state` as written, before compaction, lz4"),
    "state_commit_b": Said("bytes", "`state`, a commit with next to nothing in it"),
    "together_rate": Said("samples/s", "framer and scorer at once with the broker on this machine, by the wall"),
}
OWN = "scaling.json"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Figures by name, and the source of each."""

    figures: Mapping[str, float]
    sources: Mapping[str, str]

    def __getitem__(self, name: str) -> float:
        return self.figures[name]

    def table(self) -> list[dict[str, Any]]:
        """Rows for the result file and the page."""
        return [
            {"name": name, "value": self.figures[name], "unit": said.unit, "what": said.what,
             "source": self.sources[name]}
            for name, said in FIGURES.items()
        ]  # fmt: skip


def gather(measured: Mapping[str, float], bench: Mapping[str, Any] | None) -> Inputs:
    """What `make bench` has measured is taken from there: longer runs, several rounds. The rest is measured here."""
    row = _scorer(bench)
    figures: dict[str, float] = {}
    sources: dict[str, str] = {}
    for name, said in FIGURES.items():
        if row is not None and said.bench:
            figures[name], sources[name] = _from(row, said.bench), f"bench.json, numbers, scorer, {said.bench}"
        else:
            figures[name], sources[name] = measured[name], OWN
    return Inputs(figures, sources)


def kept_bench() -> dict[str, Any] | None:
    """bench.json, if `make bench` has been run."""
    try:
        return result.read("bench")
    except FileNotFoundError:
        return None


def _scorer(bench: Mapping[str, Any] | None) -> Mapping[str, float] | None:
    rows = (bench or {}).get("numbers", {}).get("table", [])
    return next((row for row in rows if row["name"] == "scorer"), None)


def _from(row: Mapping[str, float], column: str) -> float:
    return 1e6 / row[column] if column == "per_cpu_second" else float(row[column])
