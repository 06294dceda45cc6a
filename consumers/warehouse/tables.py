"""The table of tables: columns as in the migrations, without `stream`."""

from consumers.warehouse.table import Table

_PLACE = {"partition": "int4", "offset": "int8"}
_ASIDE = {"topic": "text"} | _PLACE | {
    "reason": "text", "detail": "text", "key": "bytea", "value": "bytea", "at": "timestamptz",
}  # fmt: skip

PREDICTIONS = Table(
    "predictions",
    _PLACE
    | {
        "id": "text", "ts": "timestamptz", "version": "int4", "score": "float8", "class": "int4",
        "shadow": "jsonb", "features": "json",
    },
)  # fmt: skip
LABELS = Table("labels", _PLACE | {"id": "text", "ts": "timestamptz", "label": "int4"})
REJECTED = Table("rejected", _ASIDE)
LATE = Table("late", _ASIDE)
DRIFT = Table(
    "drift",
    {
        "version": "int4", "pane_end": "timestamptz", "window_panes": "int4", "feature": "text", "n": "int8",
        "m": "int8", "effect": "float8", "p": "float8", "psi": "float8", "mean": "float8", "std": "float8",
        "reference_mean": "float8", "reference_std": "float8", "missing": "float8", "verdict": "text",
        "test": "text", "low": "float8", "high": "float8", "psi_limit": "float8",
        "worth_n": "float8", "worth_m": "float8", "season_ms": "int8", "limit_by_chance": "float8",
        "evidence": "float8", "mean_low": "float8", "mean_high": "float8", "mean_p": "float8",
        "std_low": "float8", "std_high": "float8", "std_p": "float8",
    },
    key=("version", "pane_end", "window_panes", "feature"),
)  # fmt: skip
DRIFT_EVENTS = Table(
    "drift_events",
    {
        "id": "text", "incident": "text", "version": "int4", "kind": "text", "event_time": "timestamptz",
        "shifts": "jsonb", "sentence": "text", "subject": "text",
    },
)  # fmt: skip
BUDGET = Table(
    "budget",
    {
        "version": "int4", "pane_end": "timestamptz", "panes": "int8", "incidents": "int8", "control_panes": "int8",
        "control_alarms": "int8", "allowed": "float8",
    },
    key=("version", "pane_end"),
)  # fmt: skip
PERFORMANCE = Table(
    "performance",
    {
        "role": "text", "version": "int4", "pane_start": "timestamptz", "pane_end": "timestamptz",
        "predictions": "int8", "labelled": "int8",
        "log_loss": "float8", "brier": "float8", "accuracy": "float8", "label_lag_ms": "int8",
        "watermark": "timestamptz",
    },
    key=("role", "version", "pane_start"),
    newest="watermark",
)  # fmt: skip
DECISIONS = Table(
    "decisions",
    _PLACE
    | {
        "retrain": "text", "event": "text", "step": "text", "reason": "text", "event_time": "timestamptz",
        "at": "timestamptz", "version": "int4", "figures": "jsonb",
    },
)  # fmt: skip
REQUESTS = Table(
    "requests",
    {
        "offset": "int8", "id": "text", "kind": "text", "who": "text", "why": "text", "at": "timestamptz",
        "version": "int4", "force": "bool",
    },
)  # fmt: skip
MODELS = Table(
    "models",
    {
        "offset": "int8", "version": "int4", "previous": "int4", "shadows": "jsonb", "model_sha256": "text",
        "retrain": "text", "at": "timestamptz",
    },
)  # fmt: skip
SERVED = Table(
    "served",
    {
        "offset": "int8", "worker": "text", "source_partition": "int4", "version": "int4", "model_sha256": "text",
        "from_offset": "int8", "at": "timestamptz",
    },
)  # fmt: skip

ALL = (
    PREDICTIONS,
    LABELS,
    REJECTED,
    LATE,
    DRIFT,
    DRIFT_EVENTS,
    BUDGET,
    PERFORMANCE,
    DECISIONS,
    REQUESTS,
    MODELS,
    SERVED,
)
