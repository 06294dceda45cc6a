"""`leeway what-if DECLARATION [KEY=VALUE ...] [--sweep KEY=FROM:TO:N] [--from DAY] [--to DAY] [--picture FILE]`."""

import argparse
import sys
from pathlib import Path

from infra import logs
from infra.settings import from_environment
from schemas.declaration import load
from schemas.errors import LeewayError
from streams.hindsight import command
from streams.hindsight.settings import changed, sweep
from streams.hindsight.spans import moment


def main() -> None:
    """Parses the arguments, judges the past, and ends with the exit code of the error."""
    given = _parser().parse_args()
    logs.configure("what-if")
    try:
        declaration = load(given.declaration)
        other = changed(declaration, given.settings)
        settings = sweep(other, given.sweep) if given.sweep else {}
        span = moment(given.start, 0), moment(given.stop, 2**62)
        command.run(from_environment(), declaration, command.Wish(other, settings, span, given.picture, given.recount))
    except LeewayError as error:
        sys.stderr.write(f"what-if: {error}\n")
        sys.exit(error.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leeway what-if",
        description="Judges the past again from the sketches that Kafka keeps, with other [drift] settings. Where they "
        "ask for other cells (reference, season, or segments of [stream]), samples are counted again, which takes "
        "longer. Nothing in production changes. Without settings it tells whether the live verdicts come out again "
        "byte for byte.",
    )
    parser.add_argument("declaration", type=Path)
    parser.add_argument(
        "settings",
        nargs="*",
        metavar="KEY=VALUE",
        help="of [drift], for example tolerance=0.2; or segments='[\"origin\"]'",
    )
    parser.add_argument(
        "--sweep", metavar="KEY=FROM:TO:N", help="N settings of one key, for example tolerance=0.05:0.4:20"
    )
    parser.add_argument("--from", dest="start", metavar="DAY", help="show panes that end from this day on (UTC)")
    parser.add_argument("--to", dest="stop", metavar="DAY", help="show panes that end until this day")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="a bar for each incident, a line a setting")
    parser.add_argument("--recount", action="store_true", help="count samples again, though sketches have these cells")
    return parser


if __name__ == "__main__":
    main()
