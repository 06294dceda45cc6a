"""`python -m fuzz [--records N] [--seed N]`: what `make fuzz` runs, on servers of its own."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import result
from fuzz import table
from fuzz.campaign import fuzz
from infra import embedded

HOME = Path(".leeway/fuzz")
EXAMPLES = 3_000
PATIENCE_S = 1_200


def main() -> None:
    """Runs, keeps the result and its table, and ends with 1 if anything was missed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    servers = embedded.up(HOME, kafka_port=0, mlflow_port=0, fresh=True, on_progress=print)
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = fuzz(
                servers.kafka,
                Path(folder),
                count=given.records,
                seed=given.seed,
                examples=EXAMPLES,
                patience_s=PATIENCE_S,
            )
    finally:
        embedded.down(HOME)
    result.keep("fuzz", found)
    table.write()
    sys.exit(1 if found["missed"] else 0)


if __name__ == "__main__":
    main()
