"""What browsers load that others have written is what its record says, and its record is of these sources."""

import hashlib
import json

from deploy.images.licences import is_permissive
from deploy.web.__main__ import HERE, STATIC, sources


def test_committed_scripts_are_those_that_were_built_of_these_sources() -> None:
    record = json.loads((STATIC / "BUILT.json").read_text())

    of = {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in record["of"]}
    built = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in record["built"]}

    assert of == record["of"], "run `make web`"
    assert built == record["built"], "run `make web`"
    assert set(built) | {"BUILT.json"} == {path.name for path in STATIC.iterdir()}


def test_what_is_shipped_is_permissive_and_its_licence_lies_beside_it() -> None:
    texts = (STATIC / "LICENCES.txt").read_text()

    shipped = {name: source for name, source in sources().items() if not name.startswith("@esbuild")}

    assert all(is_permissive(source["licence"]) for source in shipped.values())
    assert all(f"{name} {source['version']} ({source['licence']})" in texts for name, source in shipped.items())
