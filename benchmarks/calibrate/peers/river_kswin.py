"""River's KSWIN as it is out of the box, but for a seed, value by value. `python river_kswin.py in.npz out.json`."""

import sys

from river.drift import KSWIN
from river_adwin import main  # type: ignore[import-not-found] # beside this: run by path

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], KSWIN(seed=1))
