"""`python -m support.toy_framer BOOTSTRAP`: the real framer on the toy stream."""

import sys

from schemas.declaration import Declaration
from schemas.errors import LeewayError
from schemas.topics import Topics
from streams.framer import Framer
from streams.watchdog import watchdog
from support.models import declaration


def main(bootstrap: str, toy: Declaration) -> None:
    framer = Framer(bootstrap, Topics(toy.name))
    watchdog(bootstrap, framer.source, framer.source, framer.standing).start()
    try:
        framer.run()
    except LeewayError as error:
        sys.stderr.write(f"frame: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(sys.argv[1], declaration())
