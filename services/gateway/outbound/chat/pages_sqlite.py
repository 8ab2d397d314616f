"""The platform's pages in an index of SQLite's own full-text search, in memory, made when somebody first asks.

Passages are ranked by BM25 (Robertson and Zaragoza 2009, https://doi.org/10.1561/1500000019) as FTS5 computes it, headings above text,
times what their page counts (services/gateway/domain/chat/ranking.py).
"""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from services.gateway.domain.chat.conversation import PagePassage
from services.gateway.domain.chat.markdown import passages_of
from services.gateway.domain.chat.ranking import A_PAGE, weight_of

# The packaged pages of an image, else those of the checkout that the code lies in.
GATEWAY: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = (GATEWAY / "pages", GATEWAY.parents[1])
PATTERNS: Final = ("README.md", "CHANGELOG.md", "SECURITY.md", "docs/**/*.md", "services/*/README.md", "libs/client/README.md")
WORD: Final = re.compile(r"[^\W_]{2,}")
QUESTION: Final = re.compile(r"(What|How|Where|When|Why|Which|Who|Whose)\b", re.IGNORECASE)
GUIDES: Final = "docs/guides/"
# A question with fewer words of its own than these is taken to lean on the one before.
FEW: Final = 3
# A list of what others have written answers no question, though its titles hold every word of one.
BIBLIOGRAPHY: Final = frozenset({"Sources", "References", "Literature", "Bibliography"})
# Where they stand, one of them is said of what was asked before.
LEANING: Final = frozenset({"it", "its", "that", "this", "they", "them", "those", "these", "there", "one", "he", "she", "then"})
STOP: Final = (
    "a about all also am an and any are as at be been but by can could did do does done for from get had has have how i if in into is it "
    "its just like make may me more my no not of on one or our please shall should show so some tell than that the their them then there "
    "these they this those to too use us was we were what when where which who why will with would you your"
)
STOPPED: Final = frozenset(STOP.split())
CREATE: Final = "CREATE VIRTUAL TABLE passages USING fts5(source UNINDEXED, page, heading, text, tokenize = 'porter unicode61')"
INSERT: Final = "INSERT INTO passages VALUES (?, ?, ?, ?)"
# So many are found by words alone, and ranked anew by the pages that they are of.
FOUND: Final = 80
SEARCH: Final = (
    "SELECT source, page, heading, text, bm25(passages, 0, 4.0, 4.0, 1.0) AS score FROM passages WHERE passages MATCH ? "
    "ORDER BY score, rowid LIMIT ?"
)


class PagesSqlite:
    """Implements the port Pages; `folder` has the pages, None for those that come with the platform."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder, self._one = folder or _packaged(), asyncio.Lock()
        self._connection: sqlite3.Connection | None = None
        self._suggestions: tuple[str, ...] | None = None

    async def search(self, question: str, *, before: str, most: int) -> tuple[PagePassage, ...]:
        """Return the passages that fit a question best, no two of one section."""
        words = words_of(question)
        if len(words) < FEW or LEANING & {word.casefold() for word in WORD.findall(question)}:
            words = tuple(dict.fromkeys((*words, *words_of(before))))
        if not words:
            return ()
        async with self._one:
            return await asyncio.to_thread(self._search, words, question, most)

    async def suggestions(self, *, most: int) -> tuple[str, ...]:
        """Return questions that the guides' headings are, one a guide, of those that the search finds that guide for."""
        if self._suggestions is None:
            async with self._one:
                self._suggestions = await asyncio.to_thread(lambda: tuple(self._asked()))
        return self._suggestions[:most]

    def _search(self, words: tuple[str, ...], question: str, most: int) -> tuple[PagePassage, ...]:
        match = " OR ".join(f'"{word}"' for word in words)
        found: dict[str, PagePassage] = {}
        rows = self._opened().execute(SEARCH, (match, FOUND)).fetchall()
        # BM25 is the smaller here the better a passage fits.
        for *row, _ in sorted(rows, key=lambda row: row[-1] * weight_of(row[0], question=question)):
            passage = PagePassage(*row)
            # How much of a question a passage must share: one word of many is chance.
            text = f"{passage.page} {passage.heading} {passage.text}".casefold()
            if sum(word[: max(4, len(word) - 3)] in text for word in words) * 3 >= len(words):
                found.setdefault(passage.source, passage)
        return tuple(_varied(found.values()))[:most]

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            # Used by one thread at a time, whichever it is: who searches holds the lock.
            connection = sqlite3.connect(":memory:", check_same_thread=False)
            connection.execute(CREATE)
            rows = ((each.source, each.page, each.heading, each.text) for path in self._files() for each in self._passages(path))
            connection.executemany(INSERT, rows)
            connection.commit()
            self._connection = connection
        return self._connection

    def _files(self) -> list[Path]:
        return sorted({path for pattern in PATTERNS for path in self._folder.glob(pattern)}) if self._folder else []

    def _passages(self, path: Path) -> Iterator[PagePassage]:
        assert self._folder is not None
        found = passages_of(path.read_text(encoding="utf-8"), path=path.relative_to(self._folder).as_posix())
        return (each for each in found if each.heading not in BIBLIOGRAPHY)

    def _asked(self) -> Iterator[str]:
        for path in self._files():
            for passage in self._passages(path):
                if not passage.source.startswith(GUIDES) or not QUESTION.match(passage.heading):
                    continue
                question = f"{passage.page}: {passage.heading[0].lower()}{passage.heading[1:].rstrip('?')}?"
                page = passage.source.partition("#")[0]
                if any(each.source.startswith(page) for each in self._search(words_of(question), question, 3)):
                    yield question
                    break


def words_of(question: str) -> tuple[str, ...]:
    """Return the words that a question is about, in order."""
    found = (word.casefold() for word in WORD.findall(question))
    return tuple(dict.fromkeys(word for word in found if word not in STOPPED))


def _varied(passages: Iterable[PagePassage]) -> list[PagePassage]:
    """Return passages in order, but for those of a page that has enough before them: these come last."""
    counts: Counter[str] = Counter()
    first: list[PagePassage] = []
    later: list[PagePassage] = []
    for passage in passages:
        page = passage.source.partition("#")[0]
        counts[page] += 1
        (first if counts[page] <= A_PAGE else later).append(passage)
    return first + later


def _packaged() -> Path | None:
    return next((folder for folder in FOLDERS if (folder / "docs").is_dir()), None)
