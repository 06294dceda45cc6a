"""`leeway drift DECLARATION [--window PANES]`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from infra import logs
from infra.settings import from_environment
from schemas.declaration import load
from schemas.errors import LeewayError
from streams.hindsight import now


def main() -> None:
    """Parses the arguments, shows, and ends with the exit code of the error."""
    parser = argparse.ArgumentParser(prog="leeway drift", description="The last verdict on each feature.")
    parser.add_argument("declaration", type=Path)
    parser.add_argument("--window", type=int, help="in panes; otherwise the longest that is judged")
    given = parser.parse_args()
    logs.configure("drift")
    try:
        now.show(from_environment(), load(given.declaration), given.window, Console())
    except LeewayError as error:
        sys.stderr.write(f"drift: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
