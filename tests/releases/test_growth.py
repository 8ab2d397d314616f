"""Every collection has a bound, which the page of limits names (that what it says expires does is in test_last_release.py)."""

import re
from pathlib import Path

from tests.releases.recorded import SERVICES, documents_of, releases

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)\.(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
# Of every database.
OF_ALL = {"schema", "set_aside"}


def bounds() -> dict[tuple[str, str], str]:
    """Return what the page says of each collection."""
    return {(service, name): bound for service, name, bound in ROW.findall((ROOT / "docs" / "limits.md").read_text())}


def collections() -> set[tuple[str, str]]:
    """Return the collections that the code names and that a whole story made."""
    named = {
        (service, each)
        for service in SERVICES
        for file in (ROOT / "services" / service).rglob("*.py")
        for found in re.findall(r"""database\["(\w+)"\]|"((?:sandbox|stripe)_(?:charges|refunds|customers))\"""", file.read_text())
        for each in found
        if each
    }
    return named | {(service, name) for service in SERVICES for name in documents_of(releases()[-1], service)}


def test_each_collection_has_a_bound_on_the_page_and_the_page_names_no_other() -> None:
    assert {each for each in collections() if each[1] not in OF_ALL} == set(bounds())
