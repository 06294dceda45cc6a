"""/metrics, /health/live and /health/ready of a process, from a thread of its own: a busy stage cannot starve them."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from infra.metrics.kinds import REGISTRY
from infra.metrics.process import Own
from schemas.errors import Refused

LOOPBACK = "127.0.0.1"
LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"
VARIABLE = "LEEWAY_METRICS"
HELP = (
    f"where to serve {METRICS} and /health: HOST:PORT, or a PORT of {LOOPBACK}; 0 takes a free one, written to"
    f" HOME/metrics; {VARIABLE}; else off"
)
"""Of the option --metrics of every process."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What every series of a process carries."""

    stream: str
    process: str


def address(text: str | None) -> Address | None:
    """`HOST:PORT`, or a port of this machine alone; nothing is off.

    Raises:
        Refused: it is neither.
    """
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 - the largest port there is
        raise Refused(f"{VARIABLE} or --metrics is {text!r}: write HOST:PORT or PORT; 0 takes a free one, empty is off")
    return Address(host.strip("[]") or LOOPBACK, int(port))


def tell(
    home: Path,
    where: Address | None,
    who: Identity,
    collectors: Sequence[Collector] = (),
    unready: Callable[[], str] = lambda: "",
) -> None:
    """Serves if `where` is given, and writes for Prometheus where that is.

    Raises:
        Refused: the port is taken, or not ours to take.
    """
    if where is not None:
        announce(home, who, Address(where.host, serve(where, who, collectors, unready)))


def serve(
    where: Address,
    who: Identity,
    collectors: Sequence[Collector] = (),
    unready: Callable[[], str] = lambda: "",
) -> int:
    """Listens until the process ends; the port.

    Args:
        where: to listen.
        who: goes on every series.
        collectors: beside what this process counts and what it tells of itself.
        unready: why the process cannot do its work now, in words; "" if it can. Asked from another thread.

    Raises:
        Refused: the port is taken.
    """
    registry = CollectorRegistry()
    registry.register(Marked(who, (REGISTRY, Own(unready), *collectors)))
    try:
        server = make_server(where.host, where.port, _application(registry, unready), _Server, _Silent)
    except OSError as error:
        raise Refused(
            f"Metrics cannot be served at {where.host}:{where.port} ({error.strerror}): another process has that port,"
            " perhaps another worker of this machine. Use --metrics 0, which takes a free port and writes it to"
            " HOME/metrics"
        ) from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return int(server.server_port)


def announce(home: Path, who: Identity, where: Address) -> Path:
    """Writes where a process is served to HOME/metrics/STREAM.PROCESS.json, for `file_sd_configs`; gives the file."""
    path = home / "metrics" / f"{who.stream}.{who.process}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    target = {"targets": [f"{where.host}:{where.port}"], "labels": {"stream": who.stream, "process": who.process}}
    fresh.write_bytes(msgspec.json.encode([target]))
    fresh.replace(path)
    log.info("metrics.served", address=f"{where.host}:{where.port}", told=str(path))
    return path


class Marked(Collector):
    """Readings of others with the labels of this process on every series."""

    def __init__(self, who: Identity, readings: Sequence[Collector | CollectorRegistry]) -> None:
        self._labels = {"stream": who.stream, "process": who.process}
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """One reading."""
        for reading in self._readings:
            for metric in reading.collect():
                metric.samples = [self._marked(sample) for sample in metric.samples]
                yield metric

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that nothing is read before somebody asks."""
        return ()

    def _marked(self, sample: Sample) -> Sample:
        return sample._replace(labels={**self._labels, **sample.labels})


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the method that it replaces
        """A look every few seconds is no news."""


def _application(registry: CollectorRegistry, unready: Callable[[], str]) -> Callable[..., Iterable[bytes]]:
    told = make_wsgi_app(registry)

    def answer(environ: Mapping[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "/"))
        if path == METRICS:
            body: Iterable[bytes] = told(environ, start)
            return body
        why = unready() if path == READY else ""
        status = "404 Not Found" if path not in (LIVE, READY) else "503 Service Unavailable" if why else "200 OK"
        start(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{why or status[4:]}\n".encode()]

    return answer
