"""What the project stands on is pinned by version and hash, is needed, and may be passed on."""

import hashlib
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from deploy.images.closure import closure
from deploy.images.kinds import IMAGES, image
from deploy.images.licences import TAKEN, is_permissive, licensed, unfit
from deploy.images.needs import main as needs_main
from deploy.images.needs import needs
from deploy.images.pins import ROOT, pins, with_hashes
from deploy.images.sbom import bill_of_materials
from deploy.images.trial import too_large

APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
INSTALLER = {"pip", "setuptools"}
DPKG = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u13
Description: GNU C Library
 of many lines

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


def test_everything_that_is_installed_is_pinned_once_by_its_hash_and_nothing_else_is() -> None:
    pinned = pins((ROOT / "constraints.txt").read_text())

    assert [pin.name for pin in pinned if pin.sha256 is None] == [], "run `python -m deploy.images.pins`"
    assert [name for name, count in Counter(pin.key for pin in pinned).items() if count > 1] == []
    assert {pin.key for pin in pinned} == closure(["dev"]) | INSTALLER, "what an extra needs is pinned, and what none needs is not"


def test_programs_and_data_that_come_as_packages_have_hashes_too() -> None:
    for file in (
        "tools-requirements.txt",
        "data-requirements.txt",
        "backbone-requirements.txt",
        "audit-requirements.txt",
        "bench-requirements.txt",
    ):
        assert all(pin.sha256 for pin in pins((ROOT / file).read_text()))


def test_what_asks_for_advisories_has_the_versions_that_it_asks_about() -> None:
    ours, scanners = ({pin.key: pin for pin in pins((ROOT / file).read_text())} for file in ("constraints.txt", "audit-requirements.txt"))

    assert "pip-audit" in scanners
    assert {name for name in ours.keys() & scanners.keys() if ours[name].version != scanners[name].version} == set(), (
        "it takes one version of each"
    )


def test_rivals_in_the_bench_stand_on_the_versions_that_we_stand_on() -> None:
    ours, theirs = ({pin.key: pin for pin in pins((ROOT / file).read_text())} for file in ("constraints.txt", "bench-requirements.txt"))

    assert {"mlflow-skinny", "shapiq", "woodelf-explainer"} <= theirs.keys()
    assert {name for name in ours.keys() & theirs.keys() if ours[name].version != theirs[name].version} == set(), (
        "else they are slower for it"
    )


def test_a_new_pin_gets_its_hash_and_the_words_about_it_stay() -> None:
    text = "# why\nnumpy==2.0\n"

    assert with_hashes(text, hashes={"numpy": "a" * 64}) == f"# why\nnumpy==2.0 --hash=sha256:{'a' * 64}\n"


def test_what_is_no_pin_is_told() -> None:
    with pytest.raises(ValueError, match="this is no pin: numpy>=2"):
        pins("numpy>=2\n")


def test_every_service_has_an_image_and_each_asks_for_extras_that_there_are() -> None:
    services = {folder.name for folder in (ROOT / "services").iterdir() if (folder / "app.py").exists()}

    assert services | {"ray"} == set(IMAGES)
    assert all(needs(kind.extras) for kind in IMAGES.values())
    assert "fastapi" not in closure(IMAGES["training"].extras), "only the gateway speaks HTTP"
    assert {"grpcio"} <= closure(IMAGES["monitoring"].extras)
    assert "numpy" not in closure(IMAGES["monitoring"].extras)


def test_an_image_that_grew_too_large_is_wrong_and_those_that_were_measured_were_not() -> None:
    page = (ROOT / "docs/guides/images.md").read_text()
    measured = {name: int(megabytes) for name, megabytes in re.findall(r"^\| (\w+) \| (\d+) \| \d+ \| \d+ \|$", page, re.MULTILINE)}

    assert {name: kind.most_mb for name, kind in IMAGES.items() if kind.most_mb} == {"gateway": 250, "marketplace": 200, "monitoring": 200}
    assert [*too_large(250.6, name="gateway")] == ["it has 251 MB, and may have 250"]
    assert [*too_large(2108, name="ray")] == []
    assert measured.keys() == IMAGES.keys()
    assert [said for name, megabytes in measured.items() for said in too_large(megabytes, name=name)] == []


def test_a_misspelt_service_or_extra_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="SERVICE is one of gateway, training, inference"):
        image("gatway")
    assert needs_main(["gatway"]) == 2
    assert capsys.readouterr().err.startswith("there is no extra 'gatway'")


def test_all_licences_are_permissive_or_taken_for_a_reason() -> None:
    everything = licensed()

    assert [(one.pin.name, one.licence) for one in everything if unfit(one)] == []
    assert set(TAKEN) <= {one.pin.key for one in everything}, "a reason for what is no longer there"
    assert {one.images for one in everything if one.licence and re.search("GPL|SSPL", one.licence)} == {()}, "no image has them"


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 WITH LLVM-exception AND BSD-3-Clause", True),
        ("GPL-3.0 OR MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
        ("MIT AND SSPL-1.0", False),
        ("LGPL-3.0", False),
    ],
)
def test_of_licences_that_hold_together_the_strictest_counts(licence: str, *, permissive: bool) -> None:
    assert is_permissive(licence) is permissive


def test_the_licence_is_the_apache_licence_to_the_letter() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_a_bill_of_materials_names_each_package_once_and_where_it_is_from(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(DPKG)

    bill = bill_of_materials("gateway", dpkg=tmp_path / "status")

    references = [one["bom-ref"] for one in bill["components"]]
    assert max(Counter(references).values()) == 1
    assert [one for one in references if "deb" in one.split("/")[0]] == ["pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=amd64"]
    [pydantic] = [one for one in bill["components"] if one["name"] == "pydantic"]
    assert pydantic["licenses"] == [{"license": {"name": "MIT"}}]
    assert pydantic["purl"].startswith("pkg:pypi/pydantic@")
    assert bill == bill_of_materials("gateway", dpkg=tmp_path / "status")


def test_the_dockerfile_has_nothing_that_its_linter_would_change() -> None:
    done = subprocess.run([ROOT / ".venv/bin/hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_only_what_an_image_is_made_of_is_given_to_its_build() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    sources = set(
        re.findall(r"[\w./-]+", " ".join(re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)))
    )

    assert lines[0] == "*", "nothing is, unless it is named"
    assert {source.rstrip("/") for source in sources} == {line[1:] for line in lines if line.startswith("!")} | {
        "libs/client/pyproject.toml"
    }


def test_each_debian_package_is_listed_once_with_a_reason_and_a_group_that_is_not_there_is_told() -> None:
    entries = [line.split(None, 3) for line in (ROOT / "deploy/debian-packages.txt").read_text().splitlines() if not line.startswith("#")]

    done = subprocess.run([ROOT / "deploy/install-debian-packages.sh", "chekcs"], capture_output=True, text=True, check=False)

    assert max(Counter(package for _, package, *_ in entries).values()) == 1
    assert all(len(entry) == 4 for entry in entries)
    assert done.returncode == 2
    assert "checks|images|compose" in done.stderr
