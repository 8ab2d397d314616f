"""`python -m deploy.images.check [SERVICE…]`: lint the Dockerfile, build the images really, without a registry or a daemon, and try each.

The base is Debian 12 made by debootstrap, unless BASE names an image. It needs root and Linux; where a program is missing it says which.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.images.kinds import IMAGES
from deploy.images.pins import ROOT
from deploy.images.trial import Facts, try_image

PROGRAMS: Final = ("buildah", "debootstrap", "unshare", "chroot")
OWN_BASE: Final = "localhost/modelbourse-base:bookworm"
# Left out of Debian's own slim images too, also of what is installed in them later.
NOT_IN_SLIM: Final = ("usr/share/doc", "usr/share/locale", "usr/share/man", "usr/share/info", "var/cache/apt", "var/lib/apt/lists")
HOST_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
BUILDAH: Final = {"STORAGE_DRIVER": "overlay", "BUILDAH_ISOLATION": "chroot"}


def main(asked: list[str]) -> int:
    """Check; status 1 when something is wrong, 0 also where it cannot be built here, after a line that says why."""
    os.environ["PATH"] = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    _run([str(Path(sys.executable).with_name("hadolint")), "Dockerfile"])
    print("Dockerfile: hadolint finds nothing")
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        print(f"not built: {', '.join(missing)} not found (deploy/install-debian-packages.sh images)")
        return 0
    if os.geteuid() != 0:
        print("not built: it takes root to make a base and to change into an image")
        return 0
    base = os.environ.get("BASE") or own_base()
    return max(_told(name, base=base) for name in asked or IMAGES)


def _told(name: str, *, base: str) -> int:
    try:
        facts = check(name, base=base)
    except subprocess.CalledProcessError as error:
        print(f"{name}: {error.cmd[0]} ended with status {error.returncode}; the end of what it said stands above", file=sys.stderr)
        return 1
    print(f"{name}: {facts.megabytes:.0f} MB, of which the base {facts.base_megabytes:.0f} MB; {facts.packages} packages", flush=True)
    for wrong in facts.wrong:
        print(f"{name}: {wrong}", file=sys.stderr)
    return 1 if facts.wrong else 0


def own_base() -> str:
    """Return the name of Debian 12 as an image; make it if it is not there (a minute, and the network)."""
    if subprocess.run(["buildah", "inspect", "--type", "image", OWN_BASE], check=False, capture_output=True, env=_environment()).returncode:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "root")
            _run(["debootstrap", "--variant=minbase", "bookworm", str(root)], quiet=True)
            for left_out in NOT_IN_SLIM:
                shutil.rmtree(root / left_out, ignore_errors=True)
            excluded = "".join(f"path-exclude /{folder}/*\n" for folder in NOT_IN_SLIM if folder.startswith("usr"))
            (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(f"{excluded}path-include /usr/share/doc/*/copyright\n")
            _run(["tar", "-C", str(root), "-cf", f"{folder}/root.tar", "."])
            Path(folder, "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
            _run(["buildah", "bud", "-t", OWN_BASE, folder], quiet=True)
    return OWN_BASE


def check(name: str, *, base: str) -> Facts:
    """Build one image and return what is found in it; raise CalledProcessError when it cannot be built, with the log on stderr."""
    image = f"localhost/modelbourse/{name}:check"
    with tempfile.TemporaryDirectory() as folder:
        # The index's certificate may be signed by an authority that this host knows and Debian does not.
        pip, arguments, mounts = ["[global]"], [f"BASE={base}", f"SERVICE={name}"], [f"{folder}/pip.conf:/etc/pip.conf"]
        if HOST_CERTIFICATES.exists():
            pip, mounts = [*pip, "cert = /etc/host.crt"], [*mounts, f"{HOST_CERTIFICATES}:/etc/host.crt"]
        if wheels := os.environ.get("PIP_FIND_LINKS"):
            # A folder of wheels of one's own: torch is taken from there, and not from PyTorch's index.
            pip, mounts, arguments = [*pip, "find-links = /wheels"], [*mounts, f"{wheels}:/wheels"], [*arguments, "TORCH_INDEX="]
        Path(folder, "pip.conf").write_text("\n".join(pip) + "\n")
        options = [word for one in arguments for word in ("--build-arg", one)] + [word for one in mounts for word in ("-v", f"{one}:ro")]
        _run(["buildah", "bud", "--layers", *options, "-t", image, "."], quiet=True)
    return try_image(image, name=name, base=base, environment=_environment())


def _environment() -> Mapping[str, str]:
    return {**os.environ, **BUILDAH}


def _run(command: list[str], *, quiet: bool = False) -> None:
    done = subprocess.run(command, check=False, cwd=ROOT, env=_environment(), capture_output=quiet, text=True)
    if done.returncode:
        sys.stderr.write("\n".join((done.stdout or "").splitlines()[-40:]) + (done.stderr or "")[-4000:])
        done.check_returncode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
