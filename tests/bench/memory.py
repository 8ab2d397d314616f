"""The most memory that this process has had at once."""

import re
from pathlib import Path


def peak_mib() -> int:
    """Return this process's highest resident memory, in MiB, of the program that it runs now.

    The peak that `getrusage` tells begins with that of whoever has started this process: what is measured would be the starter's.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024
