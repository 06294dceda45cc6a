"""How our few compiled loops are made: by numba, ahead of the first call, kept on disk for the next process."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compiles a function of arrays for exactly these types.

    It is compiled where it is defined, so that no sample ever waits for a compiler, and the machine code is cached
    beside the module (or where NUMBA_CACHE_DIR says). Indices should be unsigned: numba checks signed ones for
    counting from the end, which doubles the time of a loop like those of `infra.forest`.
    """
    compiled: Callable[[Callable[P, R]], Callable[P, R]] = numba.njit(signature, cache=True, error_model="numpy")
    return compiled
