"""Which code made a version: the installed distribution, and the commit where the code lies in a repository."""

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DISTRIBUTION = "leeway"
UNKNOWN = "unknown"


def code_version() -> dict[str, str]:
    """Both as texts, which may be "unknown"; a commit ends in -dirty if files were changed since."""
    return {"code_version": _installed(), "code_commit": _commit(Path(__file__))}


def _installed() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return UNKNOWN


def _commit(file: Path) -> str:
    """Of the repository that `file` is kept in, which is not any that it merely lies in."""
    if _git(file, "ls-files", "--error-unmatch", file.name) is None:
        return UNKNOWN
    return _git(file, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or UNKNOWN


def _git(file: Path, *command: str) -> str | None:
    try:
        found = subprocess.run(
            ["git", "-C", str(file.parent), *command], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
