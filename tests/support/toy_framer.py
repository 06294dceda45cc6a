"""`python -m support.toy_framer BOOTSTRAP`: the real framer on the toy stream."""

import sys

from schemas.errors import LeewayError
from schemas.topics import Topics
from streams.framer import Framer
from streams.watchdog import watchdog
from support.models import declaration

if __name__ == "__main__":
    framer = Framer(sys.argv[1], Topics(declaration().name))
    watchdog(sys.argv[1], framer.source, framer.source, framer.standing).start()
    try:
        framer.run()
    except LeewayError as error:
        sys.stderr.write(f"frame: {error}\n")
        sys.exit(error.exit_code)
