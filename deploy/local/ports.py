"""Free TCP ports on loopback."""

import fcntl
import os
import secrets
import socket
import tempfile
import time
from pathlib import Path
from typing import Final

# Below the ports that Linux gives to outgoing connections (from 32768): one of those may be taken by any connection before
# whoever asked for it here listens. Above them lie the ports of Ray's workers (deploy/local/platform.py).
FIRST: Final = 10_000
LAST: Final = 19_999
# Whoever asks for a port listens there before this, however busy the machine is.
CLAIMED_FOR_S: Final = 600.0


def is_free(port: int) -> bool:
    """Return whether nothing listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports that are free now and differ from each other, and from those that anybody of this user was given of late.

    They are chosen at random; a platform's last service listens half a minute after its ports were chosen, and by then another platform
    may have chosen its own.
    """
    folder = Path(tempfile.gettempdir()) / f"modelbourse-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    chosen: set[int] = set()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while len(chosen) < count:
            port = FIRST + secrets.randbelow(LAST - FIRST + 1)
            if is_free(port) and _claim(folder / str(port)):
                chosen.add(port)
    return list(chosen)


def _claim(note: Path) -> bool:
    """Note that a port is given out now; False when it was a short while ago."""
    if note.exists() and time.time() - note.stat().st_mtime < CLAIMED_FOR_S:
        return False
    note.touch()
    return True
