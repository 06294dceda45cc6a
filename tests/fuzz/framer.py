"""`python -m fuzz.framer BOOTSTRAP`: the real framer on the fuzzed stream."""

import sys

from fuzz.stream import declaration
from support import toy_framer

if __name__ == "__main__":
    toy_framer.main(sys.argv[1], declaration())
