"""Compiles numeric loops to machine code once and keeps it on disk where there is a place to keep it."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function on its first call. Code is kept beside the source or in the user's cache (`NUMBA_CACHE_DIR` says otherwise).

    No fast-math: sums keep their order, so that the same input gives the same last digit everywhere.
    """
    try:
        return cast("Callable[P, R]", njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no folder it may write to, as in a read-only container: compiling again at each start works too
        return cast("Callable[P, R]", njit(nogil=True)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function into the compiled functions that call it: for inner loops, where passing arrays costs more than the work."""
    return cast("Callable[P, R]", njit(forceinline=True)(function))
