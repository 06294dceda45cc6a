"""What a backup says of itself."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from schemas.errors import Refused

NAME = "manifest.json"


class Manifest(Struct, frozen=True, kw_only=True):
    """`files` are the SHA-256 of every file by its path in the folder; `at` is wall-clock time, epoch ms."""

    at: int
    version: str
    mlflow: bool
    files: dict[str, str]


def write(folder: Path, found: Manifest) -> None:
    """Writes it into the folder."""
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def read(folder: Path) -> Manifest:
    """The manifest, once every file has been found to be as it says.

    Raises:
        Refused: something is missing or altered.
    """
    try:
        found = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise Refused(f"{folder}: is no backup, or not a whole one ({error}). Nothing was restored") from error
    present = digests(folder)
    altered = sorted(name for name, digest in found.files.items() if present.get(name) != digest)
    if altered:
        raise Refused(f"{folder}: {altered[0]} is missing or was altered ({len(altered)} files). Nothing was restored")
    return found


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below, but for the manifest's."""
    found = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and one.name != NAME):
        with path.open("rb") as file:
            found[str(path.relative_to(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
