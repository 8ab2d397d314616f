"""The client as somebody has it who has nothing else: its wheel, installed beside what that declares and no more."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.journeys.platform import ROOT

BUILD = "from setuptools import build_meta; build_meta.build_wheel('..')"
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")


@dataclass(frozen=True)
class Bare:
    """A Python that has the client, and what the client's wheel declares."""

    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    @property
    def command(self) -> str:
        """Its `modelbourse`."""
        return str(self.folder / "bin" / "modelbourse")

    @property
    def client(self) -> Distribution:
        """What is installed of the client."""
        (found,) = distributions(name="modelbourse", path=[str(site_of(self.folder))])
        return found

    def run(self, *line: str) -> str:
        """Run a program, without what the environment says of Python; return what it prints."""
        return subprocess.run(line, cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=True).stdout

    def start(self, *line: str, told: Path, **more: str) -> subprocess.Popen[bytes]:
        """Start a program and go on; what it tells on stderr goes to a file, which takes all of it at once."""
        with told.open("w") as stderr:
            return subprocess.Popen(line, cwd=self.folder, env=self.environment() | more, stdout=subprocess.DEVNULL, stderr=stderr)

    def environment(self) -> dict[str, str]:
        """Return an environment that says little."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder)}


def make(folder: Path) -> Bare:
    """Build the wheel, with what builds it here, and install it; what it declares is linked from where it is installed already."""
    shutil.copytree(ROOT / "libs" / "client", folder / "client", ignore=NOT_COPIED)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder / "client", capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    bare = Bare(folder / "bare")
    venv.create(bare.folder)
    pip = [sys.executable, "-m", "pip", "--python", bare.python, "install", "--quiet", "--disable-pip-version-check"]
    # Without PYTHONPATH: where the client is installed for development, pip would find it there and leave it at that.
    subprocess.run([*pip, "--no-index", "--no-deps", wheel], env=bare.environment(), check=True)
    for each in declared_by(bare.client):
        for name in {file.parts[0] for file in each.files or ()} - {"..", "__pycache__"}:
            (site_of(bare.folder) / name).symlink_to(str(each.locate_file(name)))
    return bare


def site_of(folder: Path) -> Path:
    """Return where an environment's packages lie."""
    (found,) = folder.glob("lib/python*/site-packages")
    return found


def declared_by(client: Distribution) -> Iterator[Distribution]:
    """Yield all that has to be installed for a distribution to be used: what it declares, and what that declares in turn."""
    seen: set[str] = set()
    left = requirements_of(client)
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            found = distribution(name)
            left += requirements_of(found)
            yield found


def requirements_of(of: Distribution) -> list[str]:
    """Return the names that a distribution declares for here, its extras aside."""
    declared = [Requirement(each) for each in of.requires or ()]
    return [canonicalize_name(each.name) for each in declared if each.marker is None or each.marker.evaluate({"extra": ""})]
