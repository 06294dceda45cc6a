"""A stand-in of Grafana's documented HTTP API, as far as boards need it: real HTTP, and the answers of its pages."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN, PASSWORD = "token-of-a-test", "admin:of-a-test"


@dataclass
class Content:
    """What this Grafana holds; `role` of the account, `broken`: it answers 500."""

    version: str = "12.3.0"
    role: str = "Editor"
    broken: bool = False
    boards: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=lambda: ["leeway-prometheus", "leeway-postgres"])
    written: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, object]:
        """Status and JSON."""
        if path == "/api/health":
            return 200, {"database": "ok", "version": self.version}
        if self.broken:
            return 500, {"message": "database is locked"}
        if method == "POST" and self.role == "Viewer":
            return 403, {"message": "You'll need additional permissions"}
        return self._get(path) if method == "GET" else self._post(path, body)

    def _get(self, path: str) -> tuple[int, object]:
        kind, _, name = path.removeprefix("/api/").rpartition("/")
        if path == "/api/datasources":
            return 200, [{"uid": uid, "name": uid} for uid in self.sources]
        if kind == "folders" and name in self.folders:
            return 200, {"uid": name}
        if kind == "dashboards/uid" and name in self.boards:
            return 200, {"dashboard": self.boards[name], "meta": {}}
        return 404, {"message": "Not found"}

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, object]:
        if path == "/api/folders":
            self.folders[body["uid"]] = body["title"]
            return 200, {"uid": body["uid"]}
        return self._save(body) if path == "/api/dashboards/db" else (404, {"message": "Not found"})

    def _save(self, body: dict[str, Any]) -> tuple[int, object]:
        given = body["dashboard"]
        held = self.boards.get(given["uid"])
        if held is not None and given.get("version") != held["version"]:
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
        assert body["folderUid"] in self.folders
        version = held["version"] + 1 if held else 1
        self.boards[given["uid"]] = {**given, "id": 7, "version": version}
        self.written.append(given["uid"])
        return 200, {"status": "success", "uid": given["uid"], "version": version}


@contextmanager
def serving(content: Content) -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(content))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(content: Content) -> type[BaseHTTPRequestHandler]:
    basic = "Basic " + base64.b64encode(PASSWORD.encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            allowed = self.headers.get("Authorization") in (f"Bearer {TOKEN}", basic) or self.path == "/api/health"
            status, said = content.answer(method, self.path, body) if allowed else (401, {"message": "Unauthorized"})
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Nothing."""

    return Handler
