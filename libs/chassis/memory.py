"""Gives memory back to the system that the C library keeps for what comes next."""

import ctypes


def give_back() -> None:
    """Return what was freed to the system, where the C library can (glibc's); takes some milliseconds, so never on a hot path.

    Where blocks of many sizes came and went, as where a file is read, it would keep tens of MB for good.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
