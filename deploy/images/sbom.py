"""Write an image's bill of materials, CycloneDX 1.6 in JSON: every Python package in it, and every Debian package of its base.

It runs in the finished image on the standard library alone, so that it tells what is there, and not what was asked for.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

DPKG: Final = Path("/var/lib/dpkg/status")
OWN: Final = frozenset({"modelbourse", "modelbourse-platform"})


def bill_of_materials(image: str, *, dpkg: Path = DPKG) -> dict[str, Any]:
    """Return the document for this environment; the same packages give the same document."""
    found = {str(one["bom-ref"]): one for one in (*_python_packages(), *_debian_packages(dpkg))}
    components = [found[reference] for reference in sorted(found)]  # Once, also where a library brings a copy of its own along.
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": image, "name": f"modelbourse-{image}"}},
        "components": components,
    }


def licence_of(package: Distribution) -> str | None:
    """Return what the package's metadata says of its licence: the SPDX expression where it has one, or None."""
    metadata = package.metadata.json
    if expression := metadata.get("license_expression"):
        return str(expression)
    named = [one.rpartition(" :: ")[2] for one in metadata.get("classifier", ()) if one.startswith("License :: ")]
    named = [one for one in named if one != "OSI Approved"]
    if named:
        return " AND ".join(named)
    text = str(metadata.get("license", "")).strip()
    # Some put the whole text there.
    return text.splitlines()[0] if text else None


def _python_packages() -> Iterator[dict[str, Any]]:
    for package in distributions():
        name, version = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower(), package.version
        component = {"type": "library", "name": name, "version": version}
        # Ours are on no index.
        reference = f"pkg:pypi/{name}@{quote(version)}" if name not in OWN else f"{name}@{version}"
        yield component | {"bom-ref": reference} | ({"purl": reference} if name not in OWN else {}) | _licences(licence_of(package))


def _licences(said: str | None) -> dict[str, Any]:
    return {"licenses": [{"license": {"name": said}}]} if said else {}


def _debian_packages(dpkg: Path) -> Iterator[dict[str, Any]]:
    for paragraph in dpkg.read_text().split("\n\n") if dpkg.exists() else ():
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if not line.startswith(" ") and ": " in line)
        if fields.get("Status", "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={fields['Architecture']}"
            yield {"type": "library", "name": name, "version": version, "bom-ref": purl, "purl": purl}


if __name__ == "__main__":
    json.dump(bill_of_materials(sys.argv[1]), sys.stdout, indent=1)
