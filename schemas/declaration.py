"""The declaration of a stream: one TOML file, checked strictly before anything runs."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from schemas.duration import milliseconds
from schemas.errors import Refused

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Kind = Literal["number", "integer", "category", "boolean"]
DAY_MS = 86_400_000


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


T = TypeVar("T", bound=Section)


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
    params: dict[str, str | int | float | bool | None] = {}
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
    daily_cap: Positive = 4
    minimum_labels: Positive = 500
    recent: str = "56d"
    folds: Annotated[int, Meta(ge=1, le=10)] = 2
    fold: str = "7d"
    time_limit: str = "10m"


class Promotion(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[promotion]: what a challenger must prove; "none" is no shadow, or no watch."""

    min_gain: float = 0.0
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
        _convert(feature, Feature, f"features.{name}", place)
    declaration = _convert(content, Declaration, "", place)
    _check(declaration, place)
    return declaration


def _convert(content: Any, into: type[T], key: str, place: str) -> T:
    try:
        return msgspec.convert(content, into)
    except msgspec.ValidationError as error:
        raise Refused(f"{place}: {_explain(str(error), into, key)}") from error


def _explain(message: str, into: type[Section], above: str) -> str:
    """Msgspec's message with the key as in the file, and what is allowed there."""
    what, _, path = message.partition(" - at `")
    inner = path.removesuffix("`").removeprefix("$").removeprefix(".")
    key = ".".join(part for part in (above, inner) if part) or "the file"
    unknown = re.search(r"unknown field `([^`]*)`", what)
    if unknown:
        allowed = ", ".join(_types(_section(into, inner)))
        return f"unknown key {unknown[1]!r} in [{key}]; allowed: {allowed}"
    section, _, last = inner.rpartition(".")
    choices = get_args(_types(_section(into, section)).get(last)) if "enum" in what else ()
    return f"{key}: {what[:1].lower()}{what[1:]}" + (f"; allowed: {', '.join(map(str, choices))}" if choices else "")


def _section(into: type[Section], path: str) -> type[Section]:
    found = _types(into).get(path)
    return found if isinstance(found, type) and issubclass(found, Section) else into


def _types(section: type[Section]) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(section)}


def _check(declaration: Declaration, place: str) -> None:
    """What a type cannot say."""
    if not declaration.features:
        raise Refused(f"{place}: [features]: declare at least one feature")
    for name, feature in declaration.features.items():
        bounded = feature.min is not None or feature.max is not None
        if bounded and feature.kind not in ("number", "integer"):
            raise Refused(f"{place}: features.{name}: min and max are for kind number or integer, not {feature.kind}")
        if feature.min is not None and feature.max is not None and feature.min > feature.max:
            raise Refused(f"{place}: features.{name}: min {feature.min} is above max {feature.max}")
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


def _check_compress(model: Model, place: str) -> None:
    able = COMPRESSIBLE.get(model.compress)
    if able and model.estimator.split(":")[1] not in able:
        raise Refused(
            f"{place}: model.compress: {model.compress!r} is for {', '.join(able)}, not for {model.estimator}; "
            "'none' serves every estimator as it was trained"
        )


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
        "cooldown", "retry", "maximum_age", "recent", "fold", "time_limit", "proof_limit",
        "shadow", "watch",
    }
)  # fmt: skip
_OR_NONE = frozenset({"season", "shadow", "watch"})
