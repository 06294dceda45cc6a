"""A small disk of its own under a folder (tmpfs), which can be made full: by its limit, so that no memory is wasted."""

import shutil
import subprocess
from pathlib import Path

ROOMY = 4 * 2**30
SPARE = 64 * 1024
"""Bytes left when it is full."""
TRIES = 20


class Disk:
    """A tmpfs at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mounted = False

    def mount(self) -> bool:
        """Whether that is permitted here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mounted = _mount("-t", "tmpfs", "-o", f"size={ROOMY},mode=0700", "tmpfs", str(self.folder))
        return self.mounted

    def fill(self) -> None:
        """From now on there is no room.

        Raises:
            OSError: it could not be made full.
        """
        for _ in range(TRIES):
            if self._limit(_used(self.folder) + SPARE):  # refused where more was written meanwhile
                return
        raise OSError(f"{self.folder}: the limit of its tmpfs could not be lowered")

    def free(self) -> None:
        """There is room again."""
        if not self._limit(ROOMY):
            raise OSError(f"{self.folder}: the limit of its tmpfs could not be raised")

    def unmount(self) -> None:
        """Gives it up, with all that it holds."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
            self.mounted = False

    def _limit(self, size: int) -> bool:
        return _mount("-o", f"remount,size={size}", str(self.folder))


def _mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


def _used(folder: Path) -> int:
    return shutil.disk_usage(folder).used
