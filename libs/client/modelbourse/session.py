"""Which gateway one speaks to, and as whom: as told, else from the environment, else from what `modelbourse login` kept."""

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

DEFAULT_URL: Final = "http://127.0.0.1:8000"
URL: Final = "MODELBOURSE_URL"
TOKEN: Final = "MODELBOURSE_TOKEN"  # noqa: S105  # a variable's name, no secret


@dataclass(frozen=True, slots=True)
class Kept:
    """A login as it is kept: good at this gateway alone."""

    url: str
    token: str
    refresh_token: str | None = None


def session_file() -> Path:
    """Return where a login is kept: `$XDG_CONFIG_HOME/modelbourse/session.json`."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "modelbourse" / "session.json"


def read_kept(file: Path) -> Kept | None:
    """Return the login that is kept, None where there is none (or none that can be read)."""
    try:
        found = json.loads(file.read_text())
        return Kept(url=str(found["url"]), token=str(found["token"]), refresh_token=found.get("refresh_token"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_kept(file: Path, kept: Kept) -> None:
    """Keep a login, readable by its owner only; whoever reads meanwhile sees the one before or this one, whole."""
    _write_private(file, asdict(kept))


def _write_private(file: Path, content: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        json.dump(content, written)
    fresh.replace(file)


def read_device(url: str) -> str | None:
    """Return what the gateway at this address knows this device by, None where there is nothing (that can be read)."""
    try:
        found = json.loads(_device_file().read_text())
        return str(found[url]) if url in found else None
    except (OSError, ValueError, TypeError):
        return None


def write_device(url: str, device: str) -> None:
    """Keep what a gateway knows this device by, for its owner alone; it outlives the log-in."""
    file = _device_file()
    try:
        kept = dict(json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        kept = {}
    _write_private(file, kept | {url: device})


def _device_file() -> Path:
    return session_file().with_name("devices.json")


def choose(url: str | None, token: str | None) -> tuple[str, str | None, Kept | None]:
    """Return the gateway's address, the token or API key to use, and the login it comes from, if it comes from one.

    A login is used at the gateway that gave it and nowhere else: another address would be shown somebody's token. So is the environment's
    token at the environment's address, where there is one.
    """
    kept, place = read_kept(session_file()), os.environ.get(URL)
    where = (url or place or (kept.url if kept else None) or DEFAULT_URL).rstrip("/")
    told = token or (os.environ.get(TOKEN) if not place or place.rstrip("/") == where else None)
    if told:
        return where, told, None
    return (where, kept.token, kept) if kept and kept.url == where else (where, None, None)


@contextmanager
def try_lock(file: Path) -> Generator[bool, None, None]:
    """Tell whether this process alone now may renew the login that is kept; nobody waits for it here."""
    with file.with_suffix(".lock").open("a") as lock:
        yield _locked(lock)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
