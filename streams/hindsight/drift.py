"""`leeway drift DECLARATION [--window PANES] [--report FILE [--version V] [--from DAY] [--to DAY]]`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from infra import logs
from infra.settings import from_environment
from schemas.declaration import load
from schemas.errors import LeewayError
from streams.hindsight import now
from streams.hindsight.choice import EVER
from streams.hindsight.report import command
from streams.hindsight.spans import moment


def main() -> None:
    """Parses the arguments, shows or writes, and ends with the exit code of the error."""
    parser = _parser()
    given = parser.parse_args()
    if given.report is None and any(one is not None for one in (given.version, given.start, given.stop)):
        parser.error("--version, --from and --to are of the report: say --report FILE.html as well")
    logs.configure("drift")
    try:
        declaration, settings = load(given.declaration), from_environment()
        if given.report is None:
            now.show(settings, declaration, given.window, Console())
        else:
            span = moment(given.start, EVER[0]), moment(given.stop, EVER[1])
            asked = command.Asked(given.window, given.version, span)
            command.run(settings, declaration, asked, given.report, Console())
    except LeewayError as error:
        sys.stderr.write(f"drift: {error}\n")
        sys.exit(error.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leeway drift", description="The last verdict on each feature, as a table or as a page with pictures."
    )
    parser.add_argument("declaration", type=Path)
    parser.add_argument("--window", type=int, metavar="PANES", help="otherwise the longest that is judged")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write one page that holds everything")
    parser.add_argument("--version", type=int, help="of the model; otherwise the newest, and all in the runs")
    parser.add_argument("--from", dest="start", metavar="DAY", help="panes that end from this day on (UTC)")
    parser.add_argument("--to", dest="stop", metavar="DAY", help="panes that end until this day; the last is looked at")
    return parser


if __name__ == "__main__":
    main()
