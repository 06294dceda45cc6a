"""`python -m benchmarks.scaling [measure]`: scaling.json, docs/scaling.png, docs/scaling.md; measured anew or not."""

import argparse
import os
from pathlib import Path

from benchmarks import result
from benchmarks.scaling import inputs, page, picture
from benchmarks.scaling.conclude import conclude

HOME = Path(".leeway/bench-scaling")


def main() -> None:
    """Without `measure`, what was measured last is taken, with the newest figures of `make bench`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["measure"], help="measure first: about two minutes, starts servers")
    if parser.parse_args().what == "measure":
        measured, cores = _measured()
    else:
        kept = result.read("scaling")
        measured, cores = kept["measured"], kept["cores"]
    found = conclude(measured, inputs.kept_bench(), cores)
    result.keep("scaling", found)
    picture.draw(found)
    page.write()


def _measured() -> tuple[dict[str, float], int]:
    from benchmarks.scaling.measure import measure  # noqa: PLC0415 - clients and servers: only where they are needed
    from benchmarks.scaling.place import place  # noqa: PLC0415 - as above

    busy = os.getloadavg()[0]
    with place(HOME) as found:
        figures = measure(found) | {"load_before": busy}
    return {name: round(value, 4) for name, value in figures.items()}, os.cpu_count() or 1


if __name__ == "__main__":
    main()
