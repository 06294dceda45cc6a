"""`python -m fuzz.scorer BOOTSTRAP INSTANCE`: the real scorer on the fuzzed stream."""

import sys

from fuzz.stream import Model, contract, declaration
from support import toy_scorer

if __name__ == "__main__":
    toy_scorer.main(*sys.argv[1:], toy=declaration(), load=lambda ref: Model(ref, contract()))
