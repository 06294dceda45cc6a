"""A Grafana by its documented HTTP API: the five calls that boards need."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from schemas.errors import Refused, Unavailable

OLDEST = 11
"""Its major version from which on boards of ours are read as they are: they hold trend panels and schema 42."""
ANSWER_S = 10.0
Json = dict[str, Any]


class Grafana:
    """One server and an account of it; `token` is a service account's, or `NAME:PASSWORD`."""

    def __init__(self, url: str, token: str) -> None:
        """Remembers where; nothing is asked yet.

        Raises:
            Refused: the address is not one of HTTP.
        """
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise Refused(f"{url!r} is no address of a Grafana: write http://HOST:PORT, in GRAFANA_URL or --url")
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, and no credentials of somebody's .netrc
        name, colon, password = token.partition(":")
        if colon:
            self._session.auth = (name, password)
        else:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def version(self) -> str:
        """Which Grafana it is.

        Raises:
            Refused: it is too old, or what answers is no Grafana.
        """
        said = self._ask("GET", "/api/health")
        version = str(said.get("version", ""))
        major = version.partition(".")[0]
        if not major.isdecimal():
            raise Refused(f"What answers at {self._url} is no Grafana: /api/health told no version. Correct --url")
        if int(major) < OLDEST:
            raise Refused(f"Grafana at {self._url} is {version}, and the boards need {OLDEST} or newer: update it")
        return version

    def board(self, uid: str) -> Json | None:
        """A board as it is there; None if there is none."""
        try:
            return dict(self._ask("GET", f"/api/dashboards/uid/{uid}")["dashboard"])
        except _AbsentError:
            return None

    def folder(self, uid: str, title: str) -> None:
        """Makes the folder if it is not there."""
        try:
            self._ask("GET", f"/api/folders/{uid}")
        except _AbsentError:
            self._ask("POST", "/api/folders", {"uid": uid, "title": title})

    def sources(self) -> set[str]:
        """The uids of its data sources."""
        return {str(one["uid"]) for one in self._ask("GET", "/api/datasources")["items"]}

    def save(self, board: Mapping[str, Any], folder: str, version: int | None) -> None:
        """Writes a board over `version` of it, or a new one.

        Raises:
            Refused: somebody has changed it since that version was read.
        """
        given = {**board, "id": None, **({} if version is None else {"version": version})}
        message = {"message": "leeway grafana sync", "folderUid": folder, "overwrite": False, "dashboard": given}
        self._ask("POST", "/api/dashboards/db", message)

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        try:
            answer = self._session.request(method, self._url + path, json=body, timeout=ANSWER_S, allow_redirects=False)
        except requests.RequestException as error:
            raise Unavailable(
                f"Grafana at {self._url} does not answer ({type(error).__name__}). Is it up, is the address right?"
            ) from error
        self._refuse(answer, path)
        try:
            found = answer.json()
        except requests.JSONDecodeError as error:
            raise Refused(f"What answers at {self._url}{path} is no Grafana: it sent no JSON; correct --url") from error
        return found if isinstance(found, dict) else {"items": found}

    def _refuse(self, answer: requests.Response, path: str) -> None:
        """What the status says, in one sentence; the account itself is never in it."""
        status = answer.status_code
        if status == requests.codes.not_found and path != "/api/health":
            raise _AbsentError(path)
        if status == requests.codes.unauthorized:
            raise Refused(f"Grafana at {self._url} does not know this account: correct GRAFANA_TOKEN")
        if status == requests.codes.forbidden:
            raise Refused(f"Grafana at {self._url} does not let this account use {path}: it needs the role Editor")
        if status == requests.codes.precondition_failed:
            raise Refused("Somebody has changed the board in Grafana meanwhile: nothing was written. Run it again")
        if status >= requests.codes.server_error:
            raise Unavailable(f"Grafana at {self._url} has a fault of its own ({status} for {path}): see its log")
        if status >= requests.codes.multiple_choices:
            raise Refused(f"Grafana at {self._url} refuses {path} ({status}). Is the address that of Grafana itself?")


class _AbsentError(Refused):
    """There is no such thing."""
