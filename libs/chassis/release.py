"""Which release this is, and what it runs on."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def release() -> str | None:
    """Return the platform's release, such as `0.1.0`; None where its package is not installed."""
    return version_of("modelbourse-platform")


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
