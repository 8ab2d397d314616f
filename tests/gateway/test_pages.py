"""The pages that the chat answers from: cut into passages with the anchors that they really have, found, and carried by the image."""

import shutil
from pathlib import Path

from deploy.images.assemble import PAGES, PAGES_AT, bring_pages
from services.gateway.domain.chat.markdown import PASSAGE_MOST, passages_of
from services.gateway.outbound.chat.pages_sqlite import FOLDERS, PATTERNS, PagesSqlite

ROOT = Path(__file__).resolve().parents[2]
PAGE = """# Backup and *restore*
Every hour.

## What is `kept`, and where
[Databases](a.md) and files.

```
## no heading
```

## Twice
One.

## Twice
Two.
"""


def test_a_page_is_cut_by_its_headings_and_not_by_what_stands_in_code() -> None:
    passages = list(passages_of(PAGE, path="docs/x.md"))

    assert [(each.source, each.text.splitlines()[0]) for each in passages] == [
        ("docs/x.md#backup-and-restore", "Every hour."),
        ("docs/x.md#what-is-kept-and-where", "Databases and files."),
        ("docs/x.md#twice", "One."),
        ("docs/x.md#twice-1", "Two."),
    ]
    assert "## no heading" in passages[1].text
    assert {each.page for each in passages} == {"Backup and restore"}


def test_no_passage_is_longer_than_the_most_and_nothing_is_lost() -> None:
    table = "\n".join(f"| row {number} | {'x' * 90} |" for number in range(100))

    passages = list(passages_of(f"# T\n{table}\n{'y' * 5_000}", path="t.md"))

    assert max(len(each.text) for each in passages) <= PASSAGE_MOST
    assert sum(each.text.count("row ") for each in passages) == 100
    assert sum(each.text.count("y") for each in passages) == 5_000


async def test_questions_find_the_section_that_answers_them_and_search_syntax_is_only_words() -> None:
    pages = PagesSqlite()
    wanted = {
        "How do I restore to an earlier point?": "docs/guides/backup.md#restore-to-an-earlier-point",
        "Which webhooks are sent when a training is completed?": "docs/guides/webhooks.md",
        'backup" OR passages MATCH NEAR(restore*) -- ': "docs/guides/backup.md",
        "What does GATEWAY_JOB_LIFE set?": "docs/configuration.md#gateway",
    }

    found = {question: await pages.search(question, before="", most=4) for question in wanted}

    assert [question for question, passages in found.items() if not any(wanted[question] in each.source for each in passages)] == []
    assert await pages.search("of the and ?!", before="", most=4) == ()


async def test_the_image_carries_the_pages_where_the_gateway_looks_for_them(tmp_path: Path) -> None:
    for page in {page for pattern in PAGES for page in ROOT.glob(pattern)}:
        place = tmp_path / page.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, place)

    bring_pages(tmp_path)
    packaged = PagesSqlite(tmp_path / PAGES_AT)

    assert PATTERNS == PAGES
    assert FOLDERS[0] == ROOT / PAGES_AT
    assert await packaged.search("restore a backup", before="", most=3) == await PagesSqlite().search("restore a backup", before="", most=3)
