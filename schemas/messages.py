"""The messages between processes, as JSON; times are epoch milliseconds: `at` is wall-clock, the rest event time."""

from typing import Literal

import msgspec
from msgspec import Struct, field


class Message(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A value of one of our topics; readers ignore fields that they do not know."""


class Prediction(Message, frozen=True, gc=False):
    """predictions: one scored sample. `source` is partition and offset in `samples`; `shadow` maps version to score.

    Its fields may be given by position: it is the one message that is made by the ten thousand.
    """

    id: str
    ts: int
    score: float
    label: int = field(name="class")
    version: int
    shadow: dict[str, float]
    source: tuple[int, int]
    features: msgspec.Raw


class Label(Message, frozen=True, kw_only=True, gc=False):
    """labels: what turned out to be true of a sample, and since when it is known."""

    id: str
    ts: int
    label: int


DriftTest = Literal["shape", "missing", "outside", "new", "label", "loss", "adwin"]
Subject = Literal["inputs", "outcomes", "data"]


class FeatureShift(Message, frozen=True, kw_only=True):
    """One feature of a drift event: the window in panes where it moved most, by which test, and by how much.

    `importance` is the share of the model's skill that it carries, 0 to 1: 1 for the score, None if not known.
    """

    feature: str
    window: int
    effect: float
    p: float
    psi: float
    test: DriftTest = "shape"
    importance: float | None = None


class DriftRow(Message, frozen=True, kw_only=True):
    """drift: every column of every window. `pane_end` is exclusive; `n` samples against `m` of the reference.

    `worth_n` and `worth_m` are the independent samples that would tell as much as these, which come in clusters; with a
    season the reference is that of the same time of the season. `effect` and `p` are of the test that decides: "shape"
    (D of numbers, total variation of categories), "missing", "outside" the range of the reference, or "new" values.
    The true effect lies from `low` to `high` with 95 %; `limit` is what D stays below by chance at the level of one
    test. `evidence` is what bets on a change have come to, as a share of what is needed. `psi_limit` is what PSI stays
    below by chance. `mean_low` to `mean_high` is the 95 % interval of the difference to `reference_mean`, `std_low` to
    `std_high` that of the ratio to `reference_std`.
    The rows LABEL and LOSS are of labelled samples: `effect` is the difference of label rates ("label"), or the
    increase of mean log-loss as a share of the reference's ("loss", "adwin"), below 0 where it is less; `missing` is
    the share of samples without a label, and PSI says nothing.
    """

    version: int
    pane_end: int
    window: int
    feature: str
    n: int
    m: int
    effect: float
    p: float
    psi: float
    mean: float | None
    std: float | None
    reference_mean: float | None
    reference_std: float | None
    missing: float
    verdict: Literal["stable", "drifted", "insufficient"]
    test: DriftTest = "shape"
    low: float | None = None
    high: float | None = None
    psi_limit: float | None = None
    worth_n: float | None = None
    worth_m: float | None = None
    season_ms: int | None = None
    limit: float | None = None
    evidence: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    mean_p: float | None = None
    std_low: float | None = None
    std_high: float | None = None
    std_p: float | None = None


class DriftEvent(Message, frozen=True, kw_only=True):
    """drift-events: the verdict over a model's inputs, or its outcomes, changed. `incident` joins the events of one.

    Subject "data": what is known cannot be trained on, since a producer broke; the retrainer says so.
    """

    id: str
    incident: str
    stream: str
    version: int
    kind: Literal["opened", "escalated", "closed"]
    event_time: int
    shifts: list[FeatureShift]
    sentence: str
    subject: Subject = "inputs"


class Outcome(Message, frozen=True, kw_only=True):
    """outcomes: how the champion's samples of one pane turned out, once their labels were due; final.

    `loss` is the sum of log-losses of labelled samples, in nats times LOSS_SCALE, `squares` that of their squares,
    times SQUARE_SCALE. `adwin_width` and `adwin_mean` (nats) are of the window that ADWIN keeps of the version's losses
    after this pane; None where the samples were too many to be kept in order. `changed`: it was cut in this pane, and
    the mean was higher afterwards, which among alike and independent losses is as rare as `adwin_delta`.
    """

    version: int
    pane_start: int
    pane_end: int
    predictions: int
    labelled: int
    positives: int
    loss: int
    squares: int
    adwin_width: int | None
    adwin_mean: float | None
    adwin_delta: float
    changed: bool


LOSS_SCALE, SQUARE_SCALE = 1_000_000_000, 1_000_000
"""Sums of integers are the same in whatever order they are made; squares are coarser, so that 64 bits hold them."""


class Budget(Message, frozen=True, kw_only=True):
    """budget: false alarms of one version as they are allowed, and as they are measured on its own reference (A/A).

    After each judged pane: its `panes` and `incidents` opened so far; `control_panes` blocks of the reference were
    judged against the rest of it, each once, and opened `control_alarms` incidents where `allowed` may be.
    """

    version: int
    pane_end: int
    panes: int
    incidents: int
    control_panes: int
    control_alarms: int
    allowed: float


class Performance(Message, frozen=True, kw_only=True):
    """performance: quality of one version in one role over one pane, cumulative: a later row replaces an earlier."""

    role: Literal["champion", "shadow"]
    version: int
    pane_start: int
    pane_end: int
    predictions: int
    labelled: int
    log_loss: float
    brier: float
    accuracy: float
    label_lag_ms: int
    watermark: int


Step = Literal[
    "requested", "skipped", "started", "trained", "gated", "registered", "promoting", "promoted", "rejected", "failed",
    "accepted", "shadowing", "confirmed", "rolling_back", "rolled_back", "refused", "frozen", "thawed",
]  # fmt: skip


Figures = dict[str, float | int | str | None]


class Decision(Message, frozen=True, kw_only=True):
    """decisions: one step of a retrain, with its reason in words and its figures; or the answer to a request.

    An answer has the request's id as `event`: requested, accepted, rolling_back, frozen, thawed or refused.
    """

    retrain: str
    event: str
    stream: str
    step: Step
    reason: str
    event_time: int
    at: int
    version: int | None = None
    figures: Figures = {}


FINAL_STEPS = frozenset({"promoted", "rejected", "failed", "rolled_back"})
"""After one of these a retrain is over; between one that begins a flight and these it is in flight."""
FIRST_STEPS = frozenset({"started", "accepted", "rolling_back"})
"""One of these begins a flight: a retrain, a version that a person promotes, a way back."""

HOLDING_STEPS = FIRST_STEPS | {"promoting"}
"""From one of these on a retrain works, without need of new samples, until one of RELEASING_STEPS."""
RELEASING_STEPS = FINAL_STEPS | {"shadowing"}


class Request(Message, frozen=True, kw_only=True):
    """requests: what a person asks of the retrainer; `version` is for promote, `force` promotes without a shadow."""

    id: str
    kind: Literal["promote", "rollback", "freeze", "thaw", "retrain"]
    who: str
    why: str
    at: int
    version: int | None = None
    force: bool = False


class ModelRef(Message, frozen=True, kw_only=True):
    """A registered version and the SHA-256 of its files; the contract holds that of model.onnx, if there is one."""

    version: int
    run_id: str
    model_sha256: str
    contract_sha256: str
    trained_until: int


class Models(Message, frozen=True, kw_only=True):
    """models: what every scorer must serve. `shadows` are scored on the same samples, beside the champion."""

    stream: str
    champion: ModelRef
    previous: ModelRef | None
    shadows: list[ModelRef]
    retrain: str
    at: int


class Served(Message, frozen=True, kw_only=True):
    """served: this worker scores this partition with this version from this offset on, and `shadows` beside it."""

    worker: str
    partition: int
    version: int
    model_sha256: str
    from_offset: int
    at: int
    shadows: list[int] = []


encode = msgspec.json.Encoder().encode

decode_drift = msgspec.json.Decoder(DriftRow).decode
decode_budget = msgspec.json.Decoder(Budget).decode
decode_event = msgspec.json.Decoder(DriftEvent).decode
decode_outcome = msgspec.json.Decoder(Outcome).decode
decode_models = msgspec.json.Decoder(Models).decode
