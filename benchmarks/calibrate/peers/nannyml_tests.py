"""NannyML by its two tests, thresholds as they are out of the box. `python nannyml_tests.py in.npz out.json`."""

import sys

from nannyml_default import main  # type: ignore[import-not-found] # beside this: run by path

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], {"number": "kolmogorov_smirnov", "category": "chi2"})
