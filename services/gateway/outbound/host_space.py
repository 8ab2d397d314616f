"""Memory and disk of the gateway's own host, as the operating system tells."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from services.gateway.domain.text_service import Space


@dataclass(frozen=True, slots=True)
class HostSpacePsutil:
    """Implements the port HostSpace; `folder` lies on the disk that is told of."""

    folder: Path

    def memory(self) -> Space:
        """Return its memory; what the operating system would give up for others is not used."""
        found = psutil.virtual_memory()
        return Space(found.total - found.available, found.total)

    def disk(self) -> Space:
        """Return the disk's bytes, those that are kept for root counted as used."""
        found = psutil.disk_usage(str(self.folder if self.folder.exists() else Path("/")))
        return Space(found.total - found.free, found.total)
