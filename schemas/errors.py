"""The errors a person meets: one small tree, split by what the caller should do.

LeewayError
├── Refused        the input, declaration or setting is wrong: say it and stop (exit 2)
├── Unavailable    a server is away or slow: retry with back-off, then stop (exit 75)
└── Fatal          going on could lose or double data: end the process at once (exit 70)
"""


class LeewayError(Exception):
    """What happened, to what, and what to do: `str(error)` is meant to be read by a person."""

    exit_code = 1


class Refused(LeewayError):
    """Something given by a person or a record is not acceptable; retrying cannot help."""

    exit_code = 2


class Unavailable(LeewayError):
    """An outside system does not answer; the same call may succeed later."""

    exit_code = 75


class Fatal(LeewayError):
    """The process must end now; a supervisor starts it again from committed state."""

    exit_code = 70
