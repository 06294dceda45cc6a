"""`python -m benchmarks.economy`: policies through a year of flights and through streams of known truth.

Writes results/economy.json, docs/economy.png and docs/economy.md. Fits are kept under .leeway/economy.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import result
from benchmarks.economy import page, picture
from benchmarks.economy.conclude import figures
from benchmarks.economy.measure import EVERY, measured, streams, year_of_flights

DECLARATION, PICTURE = Path("flights.toml"), Path(__file__).parents[2] / "docs" / "economy.png"


def main() -> None:
    """Measures, draws, keeps the result; with --page only draws what was kept."""
    parser = argparse.ArgumentParser(prog="benchmarks.economy")
    parser.add_argument("--seeds", type=int, default=1, help="of each stream of known truth")
    parser.add_argument("--page", action="store_true", help="picture and page out of the last result")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # fits run side by side, each by one thread
    if not asked.page:
        began = time.monotonic()
        year = measured(year_of_flights(DECLARATION), EVERY)
        sys.stdout.write(f"flights: {time.monotonic() - began:.0f} s\n")
        found = figures(year, list(streams(range(1, asked.seeds + 1))), time.monotonic() - began)
        result.keep("economy", found)
    kept = result.read("economy")
    picture.draw(PICTURE, kept["flights"], kept["streams"])
    page.write(kept)


if __name__ == "__main__":
    main()
