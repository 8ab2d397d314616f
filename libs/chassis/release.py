"""Which release this is, and what it runs on."""

import os
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

REVISION: Final = "MODELBOURSE_REVISION"
COMMIT: Final = re.compile(r"[0-9a-f]{40,64}", re.ASCII)
HERE: Final = Path(__file__).resolve().parents[2]


@cache
def release() -> str | None:
    """Return the platform's release, such as `0.1.0`; None where its package is not installed."""
    return version_of("modelbourse-platform")


@cache
def revision() -> str | None:
    """Return the commit of the source that runs: what its image was built from, else a checkout's; None where neither is known."""
    built = os.environ.get(REVISION, "")
    return built if COMMIT.fullmatch(built) else commit_of(HERE / ".git")


def commit_of(git: Path) -> str | None:
    """Return the commit of a checkout by its `.git` (gitrepository-layout(5)), which is a file in a worktree; None where there is none."""
    try:
        own = Path(git.read_text("utf-8").removeprefix("gitdir:").strip()) if git.is_file() else git
        head = (own / "HEAD").read_text("utf-8").strip()
        common = own / (own / "commondir").read_text("utf-8").strip() if (own / "commondir").is_file() else own
        ref = head.removeprefix("ref: ")
        if (loose := common / ref).is_file():
            head = loose.read_text("utf-8").strip()
        elif head != ref and (packed := common / "packed-refs").is_file():
            head = next((line.split()[0] for line in packed.read_text("utf-8").splitlines() if line.endswith(f" {ref}")), "")
    except OSError:
        return None
    return head if COMMIT.fullmatch(head) else None


@cache
def version_of(package: str) -> str | None:
    """Return a package's version, or None when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def python() -> str:
    """Return Python's version, such as `3.11.2`."""
    return platform.python_version()
