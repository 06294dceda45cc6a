"""The declaration of a stream: one TOML file, checked strictly before anything runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.duration import milliseconds
from schemas.errors import Refused
from schemas.strict import Section, convert

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Kind = Literal["number", "integer", "category", "boolean"]
DAY_MS = 86_400_000
MOST_SEGMENTED = 4
"""Features whose values the stream is judged by: each sample is counted once more for each of them."""


class Stream(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[stream]: what the samples are and how time passes in them."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    event_time: Name = "ts"
    pane: str = "1h"
    lateness: str = "10m"
    max_jump: str = "30d"
    partitions: Annotated[int, Meta(ge=1, le=1024)] = 3
    max_bytes: Annotated[int, Meta(ge=100, le=4_000_000)] = 1_000_000
    retention_bytes: Annotated[int, Meta(ge=1_000_000)] = 10_000_000_000
    checkpoint: str = "250ms"
    segments: tuple[Name, ...] = ()


class Feature(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[features.NAME]: one column of a sample."""

    kind: Kind
    min: float | None = None
    max: float | None = None
    required: bool = True
    watch: bool = True


class Label(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[label]: what is learned."""

    task: Literal["binary"] = "binary"
    max_delay: str = "30d"
    wait: str | None = None


class Model(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[model]: what learns it."""

    estimator: Annotated[str, Meta(pattern=r"^sklearn\.[a-z_.]+:[A-Za-z]+$")] = (
        "sklearn.ensemble:HistGradientBoostingClassifier"
    )
    params: dict[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)
    seed: int = 0
    baseline: Literal["none", "first"] = "none"
    compress: Literal["none", "prune", "quantise"] = "none"
    compress_loss: Annotated[float, Meta(ge=0)] = 0.001


class Drift(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[drift]: when a shift counts."""

    tolerance: Share = 0.1
    share_tolerance: Share = 0.02
    budget: str = "100d"
    persistence: Positive = 2
    minimum: Positive = 100
    windows: tuple[Positive, ...] = (1, 2, 4, 8)
    reference: str = "28d"
    season: str = "7d"
    loss_tolerance: Annotated[float, Meta(ge=0)] = 0.05


class Retrain(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[retrain]: how often, and on what."""

    cooldown: str = "7d"
    retry: str = "2d"
    maximum_age: str | None = None
    payoff: Annotated[float, Meta(gt=0, le=1)] | None = None
    daily_cap: Positive = 4
    minimum_labels: Positive = 500
    trusted_from: str | None = None
    recent: str = "56d"
    half_life: str = "90d"
    candidates: tuple[Literal["all history", "recent", "longer", "weighted"], ...] = ("all history", "recent")
    memory_bytes: Annotated[int, Meta(ge=500_000_000)] = 8_000_000_000
    folds: Annotated[int, Meta(ge=1, le=10)] = 2
    fold: str = "7d"
    time_limit: str = "10m"


class Promotion(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[promotion]: what a challenger must prove; "none" is no shadow, or no watch."""

    min_gain: float = 0.0
    doubt: Annotated[float, Meta(ge=0, le=2)] = 0.0
    max_us_per_1000_rows: Positive = 250_000
    max_bytes: Positive = 200_000_000
    shadow: str = "none"
    watch: str = "7d"
    proof_limit: str = "30s"


class Declaration(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file."""

    stream: Stream
    features: dict[Name, Feature]
    label: Label = Label()
    model: Model = Model()
    drift: Drift = Drift()
    retrain: Retrain = Retrain()
    promotion: Promotion = Promotion()

    @property
    def name(self) -> str:
        """The stream's name: prefix of its topics and name of its registered model."""
        return self.stream.name

    @property
    def pane_ms(self) -> int:
        """Length of the smallest event-time window, in milliseconds."""
        return milliseconds(self.stream.pane)

    @property
    def season_ms(self) -> int | None:
        """The longest season to look for in a reference, in milliseconds."""
        return None if self.drift.season == "none" else milliseconds(self.drift.season)

    @property
    def shadow_ms(self) -> int | None:
        """How long a version scores beside the champion before it is promoted, in milliseconds of event time."""
        return None if self.promotion.shadow == "none" else milliseconds(self.promotion.shadow)

    @property
    def watch_ms(self) -> int | None:
        """How long the version before scores beside a new champion, in milliseconds of event time."""
        return None if self.promotion.watch == "none" else milliseconds(self.promotion.watch)

    @property
    def wait_ms(self) -> int:
        """How long after its end the labels of a pane count, in milliseconds; if not declared, at most a day."""
        delay = milliseconds(self.label.max_delay)
        return min(DAY_MS, delay) if self.label.wait is None else milliseconds(self.label.wait)

    @property
    def false_alarms(self) -> float:
        """How many of one version the [drift] budget allows a pane: of its inputs, and as many of its outcomes."""
        return self.pane_ms / milliseconds(self.drift.budget)

    @property
    def half_of_them(self) -> float:
        """Those that tests may cost; the other half is for what goes on from pane to pane: bets on inputs, ADWIN."""
        return min(0.5, self.false_alarms / 2)

    @property
    def trusted_ms(self) -> int:
        """From when on samples count as right whatever they look like, epoch ms; 0 where nothing is declared.

        Raises:
            ValueError: that is not a date.
        """
        text = self.retrain.trusted_from
        moment = datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)

    @property
    def unwatched(self) -> frozenset[str]:
        """Features whose drift nobody wants to hear of, such as the hour or the weekday of an event."""
        return frozenset(name for name, feature in self.features.items() if not feature.watch)

    def names(self, *kinds: Kind) -> list[str]:
        """The features of these kinds, in the order of the file."""
        return [name for name, feature in self.features.items() if feature.kind in kinds]


def load(path: Path) -> Declaration:
    """Reads and checks a declaration.

    Raises:
        Refused: the file is missing, is not TOML, or a key or value in it is not allowed; the message names
            the file, the key and what is allowed.
    """
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise Refused(
            f"{path}: cannot be read ({error.strerror}). Give the path of a declaration; `leeway init` writes one"
        ) from error


def parse(text: bytes, place: str) -> Declaration:
    """Checks the text of a declaration; `place` is what errors call it."""
    try:
        content = msgspec.toml.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{place}: not TOML: {error}") from error
    features = content.get("features")
    for name, feature in features.items() if isinstance(features, dict) else ():
        convert(feature, Feature, f"features.{name}", place)
    declaration = convert(content, Declaration, "", place)
    check(declaration, place)
    return declaration


def check(declaration: Declaration, place: str) -> None:
    """What a type cannot say; `place` is what errors call it. Raises Refused."""
    if not declaration.features:
        raise Refused(f"{place}: [features]: declare at least one feature")
    for name, feature in declaration.features.items():
        bounded = feature.min is not None or feature.max is not None
        if bounded and feature.kind not in ("number", "integer"):
            raise Refused(f"{place}: features.{name}: min and max are for kind number or integer, not {feature.kind}")
        if feature.min is not None and feature.max is not None and feature.min > feature.max:
            raise Refused(f"{place}: features.{name}: min {feature.min} is above max {feature.max}")
    _check_segments(declaration, place)
    _check_compress(declaration.model, place)
    for name in (name for name in declaration.__struct_fields__ if name != "features"):
        section = getattr(declaration, name)
        for key in set(section.__struct_fields__) & _LENGTHS:
            length = getattr(section, key)
            if length == "none" and key in _OR_NONE:
                continue
            try:
                if length is not None:
                    milliseconds(length)
            except Refused as error:
                raise Refused(f"{place}: {name}.{key}: {error}") from error
    _check_wait(declaration, place)
    _check_trusted(declaration, place)


def _check_segments(declaration: Declaration, place: str) -> None:
    given = declaration.stream.segments
    allowed = [name for name in declaration.names("category", "boolean") if name not in declaration.unwatched]
    if not set(given) <= set(allowed) or len(set(given)) < len(given) or len(given) > MOST_SEGMENTED:
        raise Refused(
            f"{place}: stream.segments: {', '.join(given)}; allowed are up to {MOST_SEGMENTED} of the features of kind "
            f"category or boolean that are watched, each once: {', '.join(allowed) or 'there is none'}"
        )


def _check_compress(model: Model, place: str) -> None:
    able = COMPRESSIBLE.get(model.compress)
    if able and model.estimator.split(":")[1] not in able:
        raise Refused(
            f"{place}: model.compress: {model.compress!r} is for {', '.join(able)}, not for {model.estimator}; "
            "'none' serves every estimator as it was trained"
        )


def _check_trusted(declaration: Declaration, place: str) -> None:
    try:
        _ = declaration.trusted_ms
    except ValueError as error:
        raise Refused(f"{place}: retrain.trusted_from: {error}; write a date in ISO 8601, as 2013-03-05") from error


def _check_wait(declaration: Declaration, place: str) -> None:
    label = declaration.label
    if declaration.wait_ms > milliseconds(label.max_delay):
        raise Refused(
            f"{place}: label.wait: {label.wait} is longer than label.max_delay, which is {label.max_delay}: a label"
            " that comes later than that counts for nothing"
        )


COMPRESSIBLE = {
    "prune": (
        "HistGradientBoostingClassifier", "GradientBoostingClassifier",
        "RandomForestClassifier", "ExtraTreesClassifier",
    ),
    "quantise": ("MLPClassifier",),
}  # fmt: skip
"""By way of compressing, the estimators that have something to gain: trees to leave out, large products of weights."""

_LENGTHS = frozenset(
    {
        "pane", "lateness", "max_jump", "checkpoint", "max_delay", "wait", "reference", "budget", "season",
        "cooldown", "retry", "maximum_age", "recent", "half_life", "fold", "time_limit", "proof_limit",
        "shadow", "watch",
    }
)  # fmt: skip
_OR_NONE = frozenset({"season", "shadow", "watch"})
