"""Log lines of a process on stderr: one event name a place, keys and values; JSON unless a person watches."""

import logging
import sys
from typing import TextIO

import structlog

from infra.masking import masked
from infra.metrics.catalogue import LOG_LINES


def configure(process: str, stream: TextIO | None = None) -> None:
    """Sets up structlog for this process; every line carries `process`, its level and the UTC time.

    Args:
        process: what the lines are marked with, as "warehouse".
        stream: where to; stderr if not given. Readable where it is a terminal, else one JSON object a line.
    """
    out = stream or sys.stderr
    readable = out.isatty()
    render: list[structlog.typing.Processor] = (
        [_without_secrets, structlog.dev.ConsoleRenderer()]
        if readable
        else [
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    structlog.configure(
        processors=[
            _named(process),
            structlog.processors.add_log_level,
            _counted,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    for level in ("info", "warning", "error"):
        LOG_LINES.live.labels(level)  # told from the start: what was never seen cannot be seen to grow


def _counted(_logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Errors are also a rate: an alert looks at it."""
    LOG_LINES.live.labels("error" if method == "exception" else method).inc()
    return event


def _named(process: str) -> structlog.typing.Processor:
    """Not by context variables: those are of one thread, and a line of another would not say whose it is."""

    def name(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("process", process)
        return event

    return name


def _without_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A net below the care that each place takes: errors of libraries quote addresses."""
    return {name: masked(value) if isinstance(value, str) else value for name, value in event.items()}
