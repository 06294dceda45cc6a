"""The home folder of a deployment: what lies where, that it is ours, that there is room, and how it is emptied."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import Refused

MARK = ".made-by-leeway"
FOLDERS = ("kafka", "postgres", "mlflow", "logs", "run")
ROOM = 500 * 2**20
"""Bytes that must be free before servers are started: a full disk in mid-write costs far more than a late start."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths under one home folder."""

    root: Path

    @property
    def plan(self) -> Path:
        """What the supervisor was told at the last start; its ports are kept for the next."""
        return self.root / "run" / "plan.json"

    @property
    def state(self) -> Path:
        """What the supervisor's processes do now."""
        return self.root / "run" / "state.json"

    @property
    def servers(self) -> Path:
        """Where the servers answer; there only while they are up."""
        return self.root / "servers.json"

    def forget_metrics(self) -> None:
        """Removes where processes of an earlier start were served: Prometheus would miss those that are not planned."""
        for told in (self.root / "metrics").glob("*.json"):
            told.unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.root / "logs" / f"{name}.log"


def claim(root: Path) -> Home:
    """Make the home folder and its folders where they are not there, each with a mark that we made it.

    Raises:
        Refused: `root` is a file or cannot be written, or one of our folders' names is taken by another's folder.
    """
    root = root.absolute()
    if root.exists() and not root.is_dir():
        raise Refused(
            f"{root} is a file, not a folder, so it cannot be Leeway's home: move it away, or name another --home"
        )
    folders = [root / name for name in FOLDERS]
    try:
        for folder in folders:
            _require_ours(folder)
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # records and logs are for their owner alone
            (folder / MARK).touch()
    except OSError as error:
        raise Refused(f"The home folder {root} cannot be used ({error}): mend that, or name another --home") from error
    return Home(root)


def _require_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not (folder / MARK).exists() and any(folder.iterdir())):
        raise Refused(
            f"{folder} was not made by Leeway, so nothing was written to it: move it away, or name another --home"
        )


def require_room(home: Home, room: int = ROOM) -> None:
    """Refuse to start on a disk that is nearly full.

    Raises:
        Refused: less than `room` bytes are free.
    """
    free = shutil.disk_usage(home.root).free
    if free < room:
        raise Refused(
            f"Only {free // 2**20} MB are free on the disk of {home.root}, and the servers need {room // 2**20} MB: "
            "nothing was started. Make room, or name another --home"
        )


def erase(home: Home) -> None:
    """Delete the data, logs and state: only folders with our mark, nothing else in the home folder."""
    home.servers.unlink(missing_ok=True)
    for name in FOLDERS:
        folder = home.root / name
        if not folder.is_symlink() and (folder / MARK).exists():
            shutil.rmtree(folder)


@contextmanager
def locked(root: Path, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Let one command at a time change what runs in `root`; the others wait for it."""
    with (root / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait(f"Another `leeway up` or `leeway down` works on {root}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
