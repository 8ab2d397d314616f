"""Pages in Markdown cut into passages: a section a heading, long ones by paragraphs, each with the anchor that its heading has."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from services.gateway.domain.chat.conversation import PagePassage

HEADING: Final = re.compile(r"^(#{1,4})\s+(.+?)\s*#*$")
LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")
FENCE: Final = "```"
PASSAGE_MOST: Final = 1_800


def passages_of(text: str, *, path: str) -> Iterator[PagePassage]:
    """Yield a page's passages in order."""
    page, heading, anchor, lines, fenced = path, path, "", list[str](), False
    seen: Counter[str] = Counter()
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith(FENCE)
        found = None if fenced else HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        yield from _cut(lines, path=path, anchor=anchor, page=page, heading=heading)
        heading, lines = plain(found[2]), []
        page = heading if len(found[1]) == 1 and page == path else page
        anchor = anchor_of(heading)
        seen[anchor] += 1
        anchor += f"-{seen[anchor] - 1}" if seen[anchor] > 1 else ""
    yield from _cut(lines, path=path, anchor=anchor, page=page, heading=heading)


def plain(text: str) -> str:
    """Return text without links' addresses and without marks of code and weight."""
    return LINK.sub(r"\1", text).replace("`", "").replace("*", "")


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub and most others give a heading."""
    return NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-")


def _cut(lines: list[str], *, path: str, anchor: str, page: str, heading: str) -> Iterator[PagePassage]:
    source = f"{path}#{anchor}" if anchor else path
    part = ""
    for paragraph in _pieces(LINK.sub(r"\1", "\n".join(lines))):
        if part and len(part) + len(paragraph) > PASSAGE_MOST:
            yield PagePassage(source, page, heading, part)
            part = ""
        part = f"{part}\n\n{paragraph}" if part else paragraph
    if part:
        yield PagePassage(source, page, heading, part)


def _pieces(text: str) -> Iterator[str]:
    """Yield paragraphs; one that is too long (a table is one) by lines, and a line that is too long in pieces."""
    for paragraph in (each.strip("\n") for each in re.split(r"\n\s*\n", text) if each.strip()):
        if len(paragraph) <= PASSAGE_MOST:
            yield paragraph
            continue
        for line in paragraph.splitlines():
            yield from (line[at : at + PASSAGE_MOST] for at in range(0, len(line), PASSAGE_MOST))
