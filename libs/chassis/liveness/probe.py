"""Exec probes: `python -m libs.chassis.liveness.probe live|ready <service>` looks at files that the running process touches every second.

`<name>.live` is there while the process lives, `<name>.ready` while it serves; a process that hangs touches neither.
The probe imports nothing but the standard library, as it runs every few seconds.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

STALE_S: Final = 15.0
ARGUMENTS: Final = 3


def probe_place(service: str, *, environ: Mapping[str, str]) -> Path:
    """Return the files' place without their suffix: `<PROBE_DIR>/<INSTANCE, or the service's name>`."""
    user = os.getuid()
    default = Path(tempfile.gettempdir()) / f"modelbourse-{user}" / (environ.get("NAMESPACE") or "default")
    return Path(environ.get("PROBE_DIR") or default) / (environ.get("INSTANCE") or service)


class ProbeFiles:
    """The running process's side: `touch` once a second."""

    def __init__(self, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not `with_suffix`: an instance's name may have dots.
        self._live = place.with_name(f"{place.name}.live")
        self._ready = place.with_name(f"{place.name}.ready")

    def touch(self, *, ready: bool) -> None:
        """Say that the process is alive, and whether it serves."""
        self._live.touch(mode=0o600)
        if ready:
            self._ready.touch(mode=0o600)
        else:
            self._ready.unlink(missing_ok=True)

    def remove(self) -> None:
        """Say that the process is gone."""
        self._ready.unlink(missing_ok=True)
        self._live.unlink(missing_ok=True)


def examine(question: Literal["live", "ready"], *, place: Path) -> str | None:
    """Return None when the answer is yes, else a sentence that says why not."""
    file = place.with_name(f"{place.name}.{question}")
    try:
        age = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return f"there is no {file}"
    return f"its event loop has not answered for {age:.0f} s" if age > STALE_S else None


def main(arguments: list[str]) -> int:
    """Answer one probe: status 0 for yes, 1 for no with a sentence, 2 for a wrong command line."""
    if len(arguments) != ARGUMENTS or arguments[1] not in {"live", "ready"}:
        sys.stderr.write("usage: python -m libs.chassis.liveness.probe live|ready <service>\n")
        return 2
    question: Literal["live", "ready"] = "live" if arguments[1] == "live" else "ready"
    problem = examine(question, place=probe_place(arguments[2], environ=os.environ))
    if problem:
        sys.stderr.write(f"{arguments[2]} is not {question}: {problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
