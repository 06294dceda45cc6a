"""The versions' files on this machine, by checksum: each whole or not at all."""

import shutil
import tempfile
from pathlib import Path

from infra import bundle
from schemas.messages import ModelRef


def place(cache: Path, ref: ModelRef) -> Path:
    """The folder of a version, by both hashes, so that equal models with different contracts keep apart."""
    return cache / f"{ref.model_sha256}-{ref.contract_sha256[:16]}"


def keep(folder: Path, ref: ModelRef, cache: Path) -> Path:
    """Copies the files of a version into the cache, whole or not at all; the folder there.

    Raises:
        Refused: their hashes are not those of `ref`.
    """
    bundle.verify(folder, ref)
    target = place(cache, ref)
    cache.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        return target
    part = Path(tempfile.mkdtemp(dir=cache, prefix="part-"))
    try:
        for name in bundle.files(folder, ref):
            shutil.copyfile(folder / name, part / name)
        part.rename(target)
    except OSError:
        if not target.is_dir():  # else another process put the same files there first
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target
