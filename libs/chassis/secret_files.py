"""Settings that come as files of `SECRETS_DIR`: where that folder is, and which of its files cannot be read or are misspelt."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

# Where compose files and Kubernetes put secrets as files.
DEFAULT_SECRETS_DIR: Final = "/run/secrets"
# Near misses only, and only what is written as a setting is: certificates and others' keys lie there, too.
WRITTEN: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
NEAR: Final = 0.85


def secrets_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of secrets, None where there is none."""
    folder = Path(environ.get("SECRETS_DIR") or DEFAULT_SECRETS_DIR)
    return folder if folder.is_dir() else None


def wrong_secret_files(environ: Mapping[str, str], *, variables: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for a folder that is named and not there, and for each file in it that cannot be read or is misspelt.

    A file is looked at when it is called like a variable, or nearly so.
    """
    known, folder = tuple(variables), secrets_folder(environ)
    if folder is None and (named := environ.get("SECRETS_DIR")):
        yield f"SECRETS_DIR: there is no folder {named}"
    try:
        files = sorted(folder.iterdir()) if folder else []
    except OSError as error:
        yield f"SECRETS_DIR cannot be read: {error.strerror}"
        return
    for file in files:
        variable = file.name.upper()
        if variable in known:
            if why := _unreadable(file):
                yield f"{variable}: its file {file} {why}"
        elif nearest := _nearest(file.name, known):
            yield f"{file} is called like no setting (did you mean {nearest}?)"


def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Return which variable a file was to be; one put aside, such as MONGO_PASSWORD_OLD, is none of them."""
    if not WRITTEN.fullmatch(name) or name.startswith(known):
        return None
    return next(iter(get_close_matches(name, known, n=1, cutoff=NEAR)), None)


def _unreadable(file: Path) -> str | None:
    """Return why a file holds no text, None when it does."""
    try:
        if not file.resolve(strict=True).is_relative_to(file.parent.resolve()):
            return "leads out of that folder"
        file.read_text(encoding="utf-8")
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "holds no text"
    return None
