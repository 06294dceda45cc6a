"""A message of each topic -> the row it becomes, in the column order of `tables`."""

from typing import Any

import msgspec
from confluent_kafka import Message

from consumers.headers import headers
from consumers.labels import decode_label
from schemas import messages, reasons
from schemas.reasons import Reason

Row = tuple[Any, ...]
_prediction = msgspec.json.Decoder(messages.Prediction).decode
_performance = msgspec.json.Decoder(messages.Performance).decode
_decision = msgspec.json.Decoder(messages.Decision).decode
_models = msgspec.json.Decoder(messages.Models).decode
_request = msgspec.json.Decoder(messages.Request).decode
_served = msgspec.json.Decoder(messages.Served).decode


def prediction(message: Message) -> Row:
    """Of predictions -> predictions, keyed by the place of the sample."""
    it = _prediction(message.value() or b"")
    partition, offset = it.source
    shadow = messages.encode(it.shadow).decode()
    return partition, offset, it.id, it.ts, it.version, it.score, it.label, shadow, bytes(it.features).decode()


def label(message: Message) -> Row | None:
    """Of labels -> labels; None for one that is bad, which the evaluator puts into `rejected`."""
    partition, offset = message.partition() or 0, message.offset() or 0
    it = decode_label(message.value(), partition, offset, timestamp(message))
    return None if isinstance(it, tuple) else (partition, offset, it.id, it.ts, it.label)


def aside(message: Message) -> Row:
    """Of rejected and late -> the same, keyed by the place where the record was received."""
    found = headers(message)
    place = found[reasons.SOURCE].decode()
    reason, detail = (found[name].decode("utf-8", "replace") for name in (reasons.REASON, reasons.DETAIL))
    return *reasons.source(place), reason, text(detail), message.key(), message.value(), timestamp(message)


def undecodable(message: Message, error: Exception) -> Row:
    """A record of our own topics that no row could be made of -> rejected, at its own place."""
    reason = Reason.WRONG_TYPE if isinstance(error, msgspec.ValidationError) else Reason.NOT_JSON
    return _set_aside(message, reason, error)


def unstorable(message: Message, error: Exception) -> Row:
    """A record whose row PostgreSQL refused -> rejected, at its own place."""
    return _set_aside(message, Reason.OUT_OF_RANGE, error)


def drift(message: Message) -> Row:
    """Of drift -> drift."""
    it = messages.decode_drift(message.value() or b"")
    return (
        it.version, it.pane_end, it.window, it.feature, it.n, it.m, it.effect, it.p, it.psi, it.mean, it.std,
        it.reference_mean, it.reference_std, it.missing, it.verdict, it.test, it.low, it.high, it.psi_limit,
        it.worth_n, it.worth_m, it.season_ms, it.limit, it.evidence, it.mean_low, it.mean_high, it.mean_p,
        it.std_low, it.std_high, it.std_p,
    )  # fmt: skip


def event(message: Message) -> Row:
    """Of drift-events -> drift_events."""
    it = messages.decode_event(message.value() or b"")
    return it.id, it.incident, it.version, it.kind, it.event_time, _json(it.shifts), it.sentence, it.subject


def budget(message: Message) -> Row:
    """Of budget -> budget."""
    it = messages.decode_budget(message.value() or b"")
    return it.version, it.pane_end, it.panes, it.incidents, it.control_panes, it.control_alarms, it.allowed


def performance(message: Message) -> Row:
    """Of performance -> performance; qualities are null as long as nothing is labelled."""
    it = _performance(message.value() or b"")
    known = (it.log_loss, it.brier, it.accuracy, it.label_lag_ms) if it.labelled else (None,) * 4
    return it.role, it.version, it.pane_start, it.pane_end, it.predictions, it.labelled, *known, it.watermark


def decision(message: Message) -> Row:
    """Of decisions -> decisions."""
    it = _decision(message.value() or b"")
    return (
        message.partition(), message.offset(), it.retrain, it.event, it.step, it.reason, it.event_time, it.at,
        it.version, _json(it.figures),
    )  # fmt: skip


def request(message: Message) -> Row:
    """Of requests -> requests."""
    it = _request(message.value() or b"")
    return message.offset(), it.id, it.kind, text(it.who), text(it.why), it.at, it.version, it.force


def model(message: Message) -> Row:
    """Of models -> models."""
    it = _models(message.value() or b"")
    previous = it.previous.version if it.previous else None
    shadows = _json([shadow.version for shadow in it.shadows])
    return message.offset(), it.champion.version, previous, shadows, it.champion.model_sha256, it.retrain, it.at


def served(message: Message) -> Row:
    """Of served -> served."""
    it = _served(message.value() or b"")
    return message.offset(), it.worker, it.partition, it.version, it.model_sha256, it.from_offset, it.at


def text(given: str) -> str:
    """The text as PostgreSQL can hold it: it knows no NUL."""
    return given.replace("\0", "\N{REPLACEMENT CHARACTER}")


def timestamp(message: Message) -> int | None:
    """The record's Kafka timestamp in epoch ms, or None."""
    found = int(message.timestamp()[1])
    return found if found >= 0 else None


def _set_aside(message: Message, reason: Reason, error: Exception) -> Row:
    place = message.topic() or "", message.partition() or 0, message.offset() or 0
    detail = text(" ".join(str(error).split()))[: reasons.DETAIL_BYTES]
    return *place, str(reason), detail, message.key(), message.value(), timestamp(message)


def _json(value: object) -> str:
    return messages.encode(value).decode()
