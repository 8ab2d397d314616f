"""Tries a built image as an engine would run it: as its user, with a read-only root, and with nothing but /tmp to write to."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.images.closure import closure
from deploy.images.kinds import IMAGES
from deploy.images.pins import ROOT, pins

USER: Final = "10001:10001"
# A root that can only be read, a /tmp of its own, the image's user and environment: what compose and Kubernetes give it too.
READ_ONLY: Final = (
    'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount -t tmpfs tmpfs "$0/tmp" && mount -t proc proc "$0/proc"'
    ' && mount --bind /dev "$0/dev" && exec chroot --userspec=10001:10001 "$0" /usr/bin/env -i "$@"'
)
WRONG_SETTINGS: Final = 2
OWN: Final = frozenset({"modelbourse", "modelbourse-platform"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found: sizes in MB of the files as they lie in a file system, the count of Python packages, and what is wrong."""

    image: str
    megabytes: float
    base_megabytes: float
    packages: int
    wrong: list[str] = field(default_factory=list)


def try_image(image: str, *, name: str, base: str, environment: Mapping[str, str]) -> Facts:
    """Look into the image and run what it is for; what is wrong is told, not raised."""
    config = json.loads(_output(["buildah", "inspect", "--type", "image", image], environment))["OCIv1"]["config"]
    with _mounted(image, environment) as root, _mounted(base, environment) as below:
        bill = json.loads((root / "opt/modelbourse/sbom.cdx.json").read_text())
        wrong = [*_wrong_config(config), *_wrong_packages(bill, name=name)]
        wrong += _wrong_runs(root, name=name, variables=config["Env"], entrypoint=config["Entrypoint"])
        packages, megabytes = sum("pkg:pypi" in one["bom-ref"] for one in bill["components"]), _megabytes(root)
        wrong += too_large(megabytes, name=name)
        return Facts(name, megabytes, _megabytes(below), packages, wrong)


def too_large(megabytes: float, *, name: str) -> Iterator[str]:
    """Yield a sentence where an image of this size (in MB, with its base) is larger than may be."""
    most = IMAGES[name].most_mb
    if most is not None and megabytes > most:
        yield f"it has {megabytes:.0f} MB, and may have {most}"


def _wrong_config(config: Mapping[str, Any]) -> Iterator[str]:
    if config.get("User") != USER:
        yield f"its user is {config.get('User')}, not {USER}"
    if config["Labels"].get("org.opencontainers.image.licenses") != "Apache-2.0":
        yield "it lacks the label of its licence"


def _wrong_packages(bill: Mapping[str, Any], *, name: str) -> Iterator[str]:
    kind = IMAGES[name]
    names = closure(kind.extras)
    wanted = {pin.key: pin.version for pin in pins((ROOT / "constraints.txt").read_text()) if pin.key in names}
    if kind.market_data:
        wanted |= {pin.key: pin.version for pin in pins((ROOT / "data-requirements.txt").read_text())}
    if kind.backbones:
        wanted |= {pin.key: pin.version for pin in pins((ROOT / "backbone-requirements.txt").read_text())}
    python = {one["name"]: one["version"].partition("+")[0] for one in bill["components"] if "pkg:deb" not in one["bom-ref"]}
    held = {package: version for package, version in python.items() if package not in OWN}
    if held != wanted:
        yield f"its packages are not those of constraints.txt: {sorted(set(held.items()) ^ set(wanted.items()))}"


def _wrong_runs(root: Path, *, name: str, variables: Sequence[str], entrypoint: Sequence[str]) -> Iterator[str]:
    service = IMAGES[name].service

    def ran(*command: str) -> subprocess.CompletedProcess[str]:
        words = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", READ_ONLY, str(root), *variables, *command]
        return subprocess.run(words, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    if (found := ran("id", "-u").stdout.strip()) != USER.partition(":")[0]:
        yield f"it runs as {found}"
    if ran("touch", "/opt/modelbourse/new").returncode == 0 or ran("touch", "/tmp/new").returncode:  # noqa: S108 - the image's own
        yield "what it may write to is not /tmp alone"
    if name == "ray":
        if not (said := ran(*entrypoint, "--version")).stdout.startswith("ray, version"):
            yield f"its entrypoint is not Ray's command: {said}"
        return
    started = ran(*entrypoint)
    if started.returncode != WRONG_SETTINGS or not started.stderr.startswith("Cannot start: ") or started.stderr.count("\n") != 1:
        yield f"without settings it does not end with one sentence and status 2: {started}"
    probed = ran("python", "-m", "libs.chassis.liveness.probe", "ready", service)
    if probed.returncode != 1 or f"{service} is not ready: there is no /tmp/probes/" not in probed.stderr:
        yield f"its probe does not say that it is not ready: {probed}"


@contextmanager
def _mounted(image: str, environment: Mapping[str, str]) -> Iterator[Path]:
    container = _output(["buildah", "from", "--pull-never", image], environment)
    try:
        yield Path(_output(["buildah", "mount", container], environment))
    finally:
        _output(["buildah", "rm", container], environment)


def _output(command: list[str], environment: Mapping[str, str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def _megabytes(root: Path) -> float:
    # As engines count: what is in files, each of several names once.
    found = (Path(folder, name).lstat() for folder, _, names in os.walk(root) for name in names)
    return sum({(one.st_dev, one.st_ino): one.st_size for one in found if stat.S_ISREG(one.st_mode)}.values()) / 1e6
