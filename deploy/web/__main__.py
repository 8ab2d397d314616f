"""`python -m deploy.web`: build the scripts of others that pages load; `--check` says whether those committed are what it would build."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
STATIC: Final = HERE.parents[1] / "services/gateway/inbound/pages/static/vendor"
# esbuild builds and is not shipped.
BUILDS: Final = "@esbuild/linux-x64"


def sources() -> dict[str, dict[str, str]]:
    """Return what is built from: package → version, licence and the sha256 of its archive."""
    loaded: dict[str, dict[str, str]] = json.loads((HERE / "sources.json").read_text())
    return loaded


def fetch(name: str, source: Mapping[str, str], folder: Path) -> None:
    """Unpack a package of npm, which is asked for it, below a folder. Raise ValueError for one that is not what it was."""
    wanted = f"{name}@{source['version']}"
    packed_as = subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
    archive = (folder / packed_as).read_bytes()
    if hashlib.sha256(archive).hexdigest() != source["sha256"]:
        message = f"{wanted} is not what it was when it was chosen"
        raise ValueError(message)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed, tempfile.TemporaryDirectory() as unpacked:
        packed.extractall(unpacked, filter="data")
        shutil.move(next(Path(unpacked).iterdir()), folder / "node_modules" / name)


def build(folder: Path) -> dict[str, bytes]:
    """Return the built files by name."""
    for name, source in sources().items():
        (folder / "node_modules" / name).parent.mkdir(parents=True, exist_ok=True)
        fetch(name, source, folder)
    modules = folder / "node_modules"
    shutil.copy(HERE / "charts.js", folder / "charts.js")
    options = ["--bundle", "--minify", "--format=iife", "--target=es2022", "--legal-comments=none", "--outfile=built.js"]
    subprocess.run([modules / BUILDS / "bin/esbuild", "charts.js", *options], cwd=folder, check=True, capture_output=True)
    return {
        "charts.js": (folder / "built.js").read_bytes(),
        # Its map is not served.
        "htmx.min.js": (modules / "htmx.org/dist/htmx.min.js").read_bytes().partition(b"\n//# sourceMappingURL")[0],
        "LICENCES.txt": licences(modules).encode(),
    }


def licences(modules: Path) -> str:
    """Return the licences of what is shipped, in full."""
    parts = []
    for name, source in sources().items():
        if name == BUILDS:
            continue
        files = [*(modules / name).iterdir(), *(modules / name / "licenses").glob("*")]
        texts = [path for path in sorted(files) if path.is_file() and path.name.upper().startswith(("LICEN", "NOTICE", "COPYRIGHT"))]
        said = "\n\n".join(path.read_text().strip() for path in texts)
        parts.append(f"{name} {source['version']} ({source['licence']})\n\n{said}\n")
    return f"\n{'=' * 80}\n\n".join(parts)


def record(built: Mapping[str, bytes]) -> bytes:
    """Return what the built files are made of, so that a test can tell without the network whether they still are."""
    made_of = [HERE / "charts.js", HERE / "sources.json"]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made_of}
    made = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(built.items())}
    return json.dumps({"of": hashes, "built": made}, indent=2).encode() + b"\n"


def main() -> int:
    """Build, or check."""
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder))
    built["BUILT.json"] = record(built)
    if "--check" in sys.argv:
        other = [name for name, content in built.items() if not (STATIC / name).is_file() or (STATIC / name).read_bytes() != content]
        print(f"not what would be built: {', '.join(other)}" if other else "they are what would be built")
        return int(bool(other))
    STATIC.mkdir(parents=True, exist_ok=True)
    for name, content in built.items():
        (STATIC / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
