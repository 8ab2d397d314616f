"""What README and guides name in passing exists: doors of the Makefile, commands of `modelbourse`, files that are linked."""

import re
from itertools import chain
from pathlib import Path

import pytest

from libs.contracts.record_chain import TITLE
from modelbourse.cli.commands import COMMANDS, load
from tests.guides.pages import GUIDES, README, ROOT, Page

PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), *sorted(GUIDES.glob("*.md"))]
DOOR = re.compile(r"(?:^|`)make ([a-z][a-z-]*)", re.MULTILINE)
COMMAND = re.compile(r"(?:^|`|/|\$\()modelbourse ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)
LINK = re.compile(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)")


@pytest.fixture(scope="module")
def commands() -> dict[str, set[str]]:
    """Each command with those below it."""
    return {name: set(getattr(load(name), "commands", ())) for name in COMMANDS}


def test_every_door_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(chain.from_iterable(DOOR.findall(page.read_text()) for page in PAGES))

    assert named
    assert {door for door in named if not re.search(rf"^{door}:", makefile, re.MULTILINE)} == set()


def test_every_command_is_there(commands: dict[str, set[str]]) -> None:
    named = set(chain.from_iterable(COMMAND.findall(page.read_text().replace(TITLE, "")) for page in PAGES))

    assert named
    missing = {pair for pair in named if pair[0] not in commands or (pair[1] and commands[pair[0]] and pair[1] not in commands[pair[0]])}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor in anchors(Page(file).text), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as they are made of their words."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
