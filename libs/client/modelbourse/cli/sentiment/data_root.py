"""Files between this machine and the data root: sent when the platform does not have them as they are here, fetched when they are made."""

from collections.abc import Iterator
from glob import glob
from os.path import commonprefix
from pathlib import Path, PurePosixPath
from typing import Final

from modelbourse.answers.builder.files import BuilderFile
from modelbourse.builder.files import sha256_of
from modelbourse.cli.data_progress import shown as sending
from modelbourse.cli.errors import CommandError
from modelbourse.cli.sentiment.folders import files_of
from modelbourse.cli.sentiment.places import is_path, remote_of
from modelbourse.modelbourse import Modelbourse

# What names a thing of the platform, and no file.
NAMES: Final = ("dataset:", "models:/")
# What is a file, and never a folder.
OF_TEXTS: Final = ("DATA", "--data", "--test-data")
SHOWN: Final = 5
PATTERN: Final = frozenset("*?[")


def one_path(given: str) -> str:
    """Return the one path that a pattern means here, such as `outputs/training_run_*/model`; a path is what it is. Raise CommandError."""
    if given.startswith(NAMES) or not PATTERN & set(given) or Path(given).exists():
        return given
    found = sorted(glob(given))  # noqa: PTH207  # Path.glob takes no absolute patterns
    if len(found) == 1:
        return found[0]
    if not found:
        msg = f"nothing here is like {given}"
    else:
        shown = [*found[:SHOWN], "…"] if len(found) > SHOWN else found
        msg = f"{given} is more than one: {', '.join(shown)}; name the one that is meant"
    raise CommandError(msg)


def bring(client: Modelbourse, given: str, *, option: str) -> str:
    """Return where a file or a folder is in the data root, sent there if it is not there as it is here.

    What is not here is taken to be there already. Raise CommandError for what is neither.
    """
    if given.startswith(NAMES):
        return given
    local = Path(given)
    if local.is_dir() and option in OF_TEXTS:
        msg = f"{option} {given} is a folder: name the file of texts in it"
        raise CommandError(msg)
    if local.exists():
        send(client, files_of(local, option=option) if local.is_dir() else [local])
        return remote_of(local)
    for remote in (given.removeprefix("./").rstrip("/"), remote_of(local)):
        if is_path(remote) and any(_under(client, remote)):
            return remote
    msg = f"{option} {given} is neither here nor in your data root"
    raise CommandError(msg)


def send(client: Modelbourse, files: list[Path]) -> None:
    """Send files that are not in the data root as they are here. Raise CommandError rather than replace what a job has made."""
    places = {remote_of(file): file for file in files}
    known = {file.path: file for file in client.builder.files.all(commonprefix(list(places)))}  # noqa: RUF071  # how paths begin is what is asked for
    for place, file in places.items():
        there = known.get(place)
        if there is not None and there.size == file.stat().st_size and there.sha256 == sha256_of(file):
            continue
        if there is not None and there.made_by is not None:
            msg = f"{file} is not as {there.made_by} has made it: give what was changed another name, and it is sent as yours"
            raise CommandError(msg)
        with sending(file.name) as bar:
            client.builder.files.put(place, file, on_progress=bar.sent)


def fetch(client: Modelbourse, paths: Iterator[str] | list[str], *, under: str, into: Path) -> list[Path]:
    """Write files of the data root below a folder here, as they lie below `under`; what is here already as it is there is left."""
    known = {file.path: file for file in client.builder.files.all(f"{under}/")}
    placed = []
    for path in paths:
        place = into / PurePosixPath(path).relative_to(under)
        file = known.get(path)
        if file is None or not (place.is_file() and place.stat().st_size == file.size and sha256_of(place) == file.sha256):
            place.parent.mkdir(parents=True, exist_ok=True)
            client.builder.files.get(path, place)
        placed.append(place)
    return placed


def _under(client: Modelbourse, remote: str) -> Iterator[BuilderFile]:
    """Yield the file of this path, or those of the folder."""
    for file in client.builder.files.all(remote):
        if file.path == remote or file.path.startswith(f"{remote}/"):
            yield file
