"""`python -m deploy.images.pins`: give every pin of constraints.txt the hash of its file; run it when a pin changes.

One hash a pin: of the wheel for CPython 3.11 on Linux x86_64, the platform that is built and tested. pip asks the index; nothing is
downloaded, and nothing that is only to be had as source is accepted. It needs the index, so it is no part of `make generate`.
"""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: --hash=sha256:(?P<sha256>[0-9a-f]{64}))?")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of constraints.txt; `sha256` is None where it has none yet."""

    name: str
    version: str
    sha256: str | None

    @property
    def key(self) -> str:
        """The name as indexes compare names."""
        return canonical(self.name)


def canonical(name: str) -> str:
    """Return a package's name as indexes compare names: in lower case, with single hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> list[Pin]:
    """Return the pins in order; raise ValueError with the line for one that is no `name==version --hash=sha256:…`."""
    read = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = PIN.fullmatch(line.strip())
        if found is None:
            msg = f"constraints.txt: this is no pin: {line}"
            raise ValueError(msg)
        read.append(Pin(found["name"], found["version"], found["sha256"]))
    return read


def with_hashes(text: str, *, hashes: dict[str, str]) -> str:
    """Return the file's text with these hashes, by canonical name; raise KeyError for a pin that has none."""

    def line_of(line: str) -> str:
        found = PIN.fullmatch(line.strip())
        return f"{found['name']}=={found['version']} --hash=sha256:{hashes[canonical(found['name'])]}" if found else line

    return "".join(f"{line_of(line)}\n" for line in text.splitlines())


def ask_pip(asked: list[Pin]) -> dict[str, str]:
    """Return the hash of each pin's wheel; raise CalledProcessError when pip finds none, having said so on stderr."""
    with tempfile.TemporaryDirectory() as folder:
        requirements, report = Path(folder, "pins.txt"), Path(folder, "report.json")
        requirements.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in asked))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
        subprocess.run([*pip, "--only-binary", ":all:", "--report", str(report), "-r", str(requirements)], check=True)
        installed = json.loads(report.read_text())["install"]
    if yanked := [one["metadata"]["name"] for one in installed if one.get("is_yanked")]:
        sys.stderr.write(f"yanked by their authors, choose other versions: {', '.join(yanked)}\n")
    return {canonical(one["metadata"]["name"]): one["download_info"]["archive_info"]["hashes"]["sha256"] for one in installed}


def main() -> None:
    """Write constraints.txt anew."""
    path = ROOT / "constraints.txt"
    text = path.read_text()
    path.write_text(with_hashes(text, hashes=ask_pip(pins(text))))


if __name__ == "__main__":
    main()
