"""Run by its file name before each child: ties it to the supervisor, drops root where asked, then becomes the command.

A separate small program and not a hook between fork and exec, which is unsafe in a process that has threads.
It imports nothing of ours, so that it starts in some 20 ms.
"""

import ctypes
import os
import sys
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main(argv: list[str]) -> None:
    """`leash.py PARENT DEATH_SIGNAL NICE UID GID REACH COMMAND ...`; UID -1 keeps the user, REACH 1 see `drop`."""
    parent, death_signal, nice, uid, gid, reach = map(int, argv[:6])
    yield_to_others(nice)
    if uid >= 0:
        drop(uid, gid, reach=bool(reach))
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, death_signal)  # after the change of user, which clears it
    if os.getppid() != parent:
        sys.exit("the supervisor ended while this process was starting: not started")
    os.execvp(argv[6], argv[6:])  # noqa: S606 - becoming the command is this program's purpose


def yield_to_others(nice: int) -> None:
    """Lower the priority of this process and of its session, which is what Linux weighs where it groups by session."""
    os.nice(nice)
    with suppress(OSError), open("/proc/self/autogroup", "w") as group:  # noqa: PTH123 - a lean program: no pathlib
        group.write(str(nice))


def drop(uid: int, gid: int, *, reach: bool) -> None:
    """Become `uid`, without any privilege, or with `reach` with that of passing folders closed to others."""
    os.setgroups([])
    os.setgid(gid)
    if reach:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setuid(uid)
    if reach:
        mask = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        checked(ctypes.CDLL(None, use_errno=True).capset(header, sets))
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def prctl(*arguments: int) -> None:
    """Change a property of this process; Linux takes five unsigned longs for it."""
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:5]]
    checked(ctypes.CDLL(None, use_errno=True).prctl(*padded))


def checked(result: int) -> None:
    """Raise the C library's error where a call failed."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main(sys.argv[1:])
