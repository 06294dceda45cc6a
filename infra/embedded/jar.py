"""One jar: what the lock says of it, and whether a file is it."""

import hashlib
from pathlib import Path

from msgspec import Struct


class Jar(Struct, frozen=True):
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        """Its name in Maven's layout and in our cache."""
        return f"{self.artifact}-{self.version}.jar"


def checked(path: Path, jar: Jar) -> bool:
    """Whether the file is there and is the one that was locked."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False
