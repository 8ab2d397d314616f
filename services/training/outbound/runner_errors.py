"""An error of a run as its job's owner may read it: where it came from, and nothing of the machine that it ran on."""

import traceback
from pathlib import Path, PurePath
from typing import Final

HOME: Final = Path(__file__).resolve().parents[3]
LIBRARIES: Final = ("site-packages", "dist-packages")
LONGEST: Final = 8000


def traceback_of(error: BaseException) -> str:
    """Return an error's traceback with files named from the platform's, or a library's, own folder on; of a long one, its end."""
    told = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = told
    while part is not None:
        for frame in part.stack:
            frame.filename = _within(frame.filename)
        part = part.__cause__ or part.__context__
    return "".join(told.format())[-LONGEST:]


def _within(name: str) -> str:
    """Return a file's name without the folders that say where the platform is installed."""
    path = PurePath(name)
    for library in LIBRARIES:
        if library in path.parts:
            return str(PurePath(*path.parts[len(path.parts) - path.parts[::-1].index(library) :]))
    return str(path.relative_to(HOME)) if path.is_relative_to(HOME) else path.name
