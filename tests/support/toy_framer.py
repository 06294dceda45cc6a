"""`python -m support.toy_framer BOOTSTRAP`: the real framer on the toy stream."""

import sys

from schemas.topics import Topics
from streams.framer import Framer
from support.models import declaration

if __name__ == "__main__":
    Framer(sys.argv[1], Topics(declaration().name)).run()
