"""Files between this machine and the data root: sent when the platform does not have them as they are here, fetched when they are made."""

from collections.abc import Iterator
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Final

from modelbourse.answers.builder.files import BuilderFile
from modelbourse.builder.files import sha256_of
from modelbourse.cli.data_progress import shown as sending
from modelbourse.cli.errors import CommandError
from modelbourse.modelbourse import Modelbourse

# What names a thing of the platform, and no file.
NAMES: Final = ("dataset:", "models:/")
LONGEST: Final = 255
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
    if local.is_file():
        return _sent(client, local, remote_of(local))
    if local.is_dir():
        inside = [each for each in sorted(local.rglob("*")) if each.is_file() and not each.name.startswith(".")]
        if not inside:
            msg = f"{given} is an empty folder"
            raise CommandError(msg)
        folder = remote_of(local)
        for each in inside:
            _sent(client, each, f"{folder}/{each.relative_to(local).as_posix()}")
        return folder
    remote = given.removeprefix("./").rstrip("/")
    if _is_path(remote) and any(_under(client, remote)):
        return remote
    msg = f"{option} {given} is neither here nor in your data root"
    raise CommandError(msg)


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


def remote_of(local: Path) -> str:
    """Return what a file or a folder of this machine is called in the data root: its path from here, else its name below `uploads/`."""
    plain = PurePosixPath(local.as_posix())
    if _is_path(str(plain)):
        return str(plain)
    return f"uploads/{local.resolve().name}"


def _is_path(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and len(path) <= LONGEST


def _under(client: Modelbourse, remote: str) -> Iterator[BuilderFile]:
    """Yield the file of this path, or those of the folder."""
    for file in client.builder.files.all(remote):
        if file.path == remote or file.path.startswith(f"{remote}/"):
            yield file


def _sent(client: Modelbourse, local: Path, remote: str) -> str:
    there = next((file for file in client.builder.files.all(remote) if file.path == remote), None)
    if there is None or there.size != local.stat().st_size or there.sha256 != sha256_of(local):
        with sending(local.name) as bar:
            client.builder.files.put(remote, local, on_progress=bar.sent)
    return remote
