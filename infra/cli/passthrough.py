"""Commands that other packages carry out: this process becomes theirs, with their output and exit code."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


def become(words: Sequence[str], home: Path) -> NoReturn:
    """Replace this process by `python -m WORDS...`, with HOME as its LEEWAY_HOME."""
    os.execve(sys.executable, [sys.executable, "-m", *words], {**os.environ, "LEEWAY_HOME": str(home)})  # noqa: S606 - becoming the command is the purpose
