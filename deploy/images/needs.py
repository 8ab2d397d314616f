"""`python -m deploy.images.needs EXTRA…`: print what the project with these extras asks of package indexes, a requirement a line.

Our own packages, which lie here, are left out and what they need is taken in. It stands on the standard library alone: an image's build
and `make setup` run it before anything is installed. `-c constraints.txt` adds versions and hashes, and what these need in turn.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
OWN: Final = {"modelbourse-platform": Path("pyproject.toml"), "modelbourse": Path("libs/client/pyproject.toml")}
REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[(?P<extras>[^]]*)\])?")


def needs(extras: Iterable[str], *, root: Path = ROOT) -> list[str]:
    """Return the requirements in order; raise KeyError for an extra that there is not."""
    return sorted(set(_needs("modelbourse-platform", extras=extras, root=root)), key=str.lower)


def _needs(own: str, *, extras: Iterable[str], root: Path) -> Iterator[str]:
    project: dict[str, Any] = tomllib.loads((root / OWN[own]).read_text())["project"]
    asked = [*project["dependencies"], *(one for extra in extras for one in project["optional-dependencies"][extra])]
    for requirement in asked:
        found = REQUIREMENT.match(requirement)
        if found and (name := found["name"]) in OWN:
            inner = [extra.strip() for extra in (found["extras"] or "").split(",") if extra.strip()]
            # Of itself it asks for extras alone: what it stands on is there already.
            yield from _needs(name, extras=inner, root=root)
        else:
            yield requirement


def main(extras: list[str]) -> int:
    """Print them: status 0, or 2 with a sentence for an extra that there is not."""
    try:
        sys.stdout.write("".join(f"{requirement}\n" for requirement in needs(extras)))
    except KeyError as error:
        sys.stderr.write(f"there is no extra {error}; see [project.optional-dependencies] in pyproject.toml\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
