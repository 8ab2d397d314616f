"""What a file or a folder of this machine is called in the data root: the same wherever a command is run, and never two of them alike."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from modelbourse.cli.errors import CommandError

LONGEST: Final = 255
# Left in a folder of this machine that a job of the platform fills: what lies below is that job's, by whatever way it is named.
MARK: Final = ".sentiment-run.json"


@dataclass(frozen=True)
class Mark:
    """Which job writes into a folder here, its folder in the data root, and a digest of what was asked."""

    job_id: str
    output_dir: str
    asked: str = ""


def leave_mark(folder: Path, mark: Mark) -> None:
    """Mark a folder as a job's; it is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(json.dumps(asdict(mark)) + "\n")


def mark_of(folder: Path) -> Mark | None:
    """Return whose a folder is; None for one that is nobody's."""
    try:
        found = json.loads((folder / MARK).read_text())
        mark = Mark(str(found["job_id"]), str(found["output_dir"]), str(found.get("asked", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return mark if is_path(mark.output_dir) else None


def remote_of(local: Path) -> str:
    """Return the place: in the folder of the job that has made it, else its path from here, else its whole path below `uploads/`.

    Raise CommandError for one that is too long.
    """
    whole, here = Path(os.path.abspath(local)), Path.cwd()  # noqa: PTH100  # Path.resolve would follow links, by which people name things
    place = "/".join(("uploads", *whole.parts[1:]))
    if whole != here and whole.is_relative_to(here):
        place = whole.relative_to(here).as_posix()
    for folder in (whole, *whole.parents):
        if (mark := mark_of(folder)) is not None:
            place = (PurePosixPath(mark.output_dir) / whole.relative_to(folder).as_posix()).as_posix()
            break
    if len(place) > LONGEST:
        msg = f"the path of {local} has {len(place)} characters, and {LONGEST} is the most: run the command from a folder nearer to it"
        raise CommandError(msg)
    return place


def is_path(path: str) -> bool:
    """Tell whether the data root can have such a path."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and len(path) <= LONGEST
