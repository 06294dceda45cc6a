"""A real Alertmanager with our routes, and a receiver of our own: is an alert delivered, and its end too?"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import Popen
from typing import Any

import msgspec
import requests

from infra.embedded import ports
from infra.prometheus.place import alertmanager
from infra.prometheus.routes import WEBHOOK


@dataclass(slots=True)
class Receiver:
    """What came by webhook: names of alerts with their status, and when (monotonic seconds)."""

    came: list[tuple[float, str, str]] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        """A message of Alertmanager."""
        message: dict[str, Any] = msgspec.json.decode(body)
        for one in message["alerts"]:
            self.came.append((time.monotonic(), one["labels"]["alertname"], one["status"]))


@contextmanager
def receiving() -> Iterator[tuple[Receiver, str]]:
    """A receiver and its address."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver, f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def delivering(home: Path, hook: str) -> Iterator[str]:
    """Alertmanager's address."""
    port = ports.any_free()
    argv = alertmanager(home, {WEBHOOK: hook}, port)
    (home / "logs").mkdir(parents=True, exist_ok=True)
    with (home / "logs" / "alertmanager.log").open("wb") as log, Popen(argv, stdout=log, stderr=log) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _until_ready(address)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _until_ready(address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if requests.get(f"{address}/-/ready", timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"Alertmanager at {address} is not ready: see its log")
        time.sleep(0.2)


def delivered(home: Path, limit_s: float = 120.0) -> dict[str, Any]:
    """Seconds until a page and its end are told by webhook; what its cause quietens must not be told."""
    with receiving() as (receiver, hook), delivering(home, hook) as address:
        alerts: list[dict[str, Any]] = [
            {"labels": {"alertname": name, "severity": "page", "stream": "s"}}
            for name in ("LeewayKafkaAway", "LeewayBacklog")
        ]
        began = _tell(address, alerts)
        _until(lambda: bool(receiver.came), limit_s)
        for one in alerts:
            one["endsAt"] = datetime.now(UTC).isoformat()
        ended = _tell(address, alerts)
        _until(lambda: any(status == "resolved" for _, _, status in receiver.came), limit_s)
    fired = [at - began for at, _, status in receiver.came if status == "firing"]
    resolved = [at - ended for at, _, status in receiver.came if status == "resolved"]
    return {
        "delivered_s": round(fired[0]) if fired else None,
        "end_delivered_s": round(resolved[0]) if resolved else None,
        "told": sorted({name for _, name, _ in receiver.came}),
    }


def _tell(address: str, alerts: list[dict[str, Any]]) -> float:
    requests.post(f"{address}/api/v2/alerts", json=alerts, timeout=10).raise_for_status()
    return time.monotonic()


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
