"""Collects no garbage while a process imports what it runs: imported first of all by each service's `__main__`.

What is imported stays, so that a collector that looks through it again and again (a sixth of the processor time of a start) finds nothing.
"""

import gc

gc.disable()


def imports_are_done() -> None:
    """Collect garbage from now on, but look no more through what was imported."""
    gc.freeze()
    gc.enable()
