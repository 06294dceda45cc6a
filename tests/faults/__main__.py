"""`python -m faults [--faults N] [--seed N] [--rate N]`: what `make faults` runs."""

import argparse
import asyncio
import shutil
import signal
import sys
from pathlib import Path

from faults import campaign, report
from faults.campaign import Options
from faults.screen import Screen

HOME = Path(".leeway/faults")


def main() -> int:
    """The campaign, its table, picture and result file; 1 if anything is not as promised."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=campaign.RATE, help="samples/s")
    parser.add_argument("--keep", action="store_true", help="writes no result files and documents")
    given = parser.parse_args()
    options = Options(given.faults, given.seed, given.rate)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped, as at Ctrl-C
    shutil.rmtree(HOME, ignore_errors=True)
    with Screen(options.faults) as screen:
        found = asyncio.run(campaign.run(HOME.absolute(), options, screen.say, screen.done))
        figures = report.figures(found)
        screen.table(figures)
    if not given.keep:
        report.write(found, figures)
    return 1 if figures["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
