"""One's own data from the shell: a messy file is checked, sent, shown, appended to, saved and deleted; what is wrong is told."""

import asyncio
from pathlib import Path

import pytest

from tests.client.command import Command
from tests.journeys.messy import broken, messy, more
from tests.waiting import until

pytestmark = pytest.mark.journey
ACME = ("--symbol", "ACME", "--timeframe", "1h")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somebody's folder with files of candles."""
    for name, text in {"acme": messy(), "more": more(), "broken": broken()}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def test_a_messy_file_becomes_a_dataset_that_is_appended_to_saved_and_deleted(types: Command, folder: Path) -> None:
    looked_at = types("data", "check", str(folder / "acme.csv"), *ACME)
    assert types("data", "list", "--source", "uploaded", "--json").json["total"] == 0

    sent = types("data", "upload", str(folder / "acme.csv"), *ACME, "--name", "ACME from our desk")
    shown = types("data", "show", "ACME from our desk", "--html", str(folder / "health.html"))
    appended = types("data", "append", "ACME from our desk", str(folder / "more.csv"))
    told = types("data", "show", "ACME from our desk", "--json").json
    saved = types("data", "download", told["id"], str(folder / "saved.csv"), "--json").json
    unsaid = types("data", "download", told["id"], str(folder / "saved.xlsx"))
    listed = types("data", "list", "--symbol", "ACME", "--json").json["datasets"]
    asyncio.run(until(lambda: is_offered(types, told["id"]), what="the dataset, which a shell waits two seconds for"))
    old = types("data", "delete", told["id"], "--version", "1")
    gone = types("data", "delete", told["id"])

    assert (looked_at.status, sent.status, shown.status, appended.status, gone.status) == (0, 0, 0, 0, 0), sent.err + appended.err
    assert "nothing of it was kept" in looked_at.out
    assert (unsaid.status, "rows are saved as .parquet or .csv" in unsaid.err) == (2, True)
    for done in (looked_at, sent, shown):
        assert "day first" in done.out
        assert {code for code in ("gap", "duplicate", "unsorted", "zero_volume") if code in done.out} == {
            "gap",
            "duplicate",
            "unsorted",
            "zero_volume",
        }
    assert "use it wherever a symbol is: ACME, 1h" in sent.out
    assert (folder / "health.html").read_text().lower().startswith("<!doctype html>")
    assert old.out.strip() == f"deleted version 1 of {told['id']}"
    assert "version 2 has 1543 rows: 48 were added, 0 have other values now" in appended.out
    assert (told["version"], told["rows"], [each["id"] for each in listed]) == (2, 1543, [told["id"]])
    lines = Path(saved["path"]).read_text().splitlines()
    assert (len(lines), "sentiment_score" in lines[0]) == (1544, True)


async def is_offered(types: Command, dataset_id: str) -> bool:
    """Tell whether the shell is offered a dataset."""
    words = {"_MODELBOURSE_COMPLETE": "complete_bash", "COMP_WORDS": "modelbourse data show ", "COMP_CWORD": "3"}
    return dataset_id in (await asyncio.to_thread(types, **words)).out.split()


def test_a_file_that_cannot_be_used_is_refused_with_its_line_and_what_to_do(types: Command, folder: Path) -> None:
    looked_at = types("data", "check", str(folder / "broken.csv"), *ACME)
    sent = types("data", "upload", str(folder / "broken.csv"), *ACME, "--json")

    assert (looked_at.status, sent.status) == (1, 1)
    assert "high_below_low" in looked_at.out
    assert "→ mend what the errors name" in looked_at.err
    assert (sent.json["status"], [each["code"] for each in sent.json["health"]["errors"]]) == ("refused", ["high_below_low"])


def test_what_is_said_wrongly_is_told_by_field_and_nothing_is_sent(types: Command, folder: Path) -> None:
    acme = str(folder / "acme.csv")

    wrong = types("data", "upload", acme, "--symbol", "acme", "--timeframe", "1hr", "--tz", "Europe/Berlim")
    column = types("data", "upload", acme, *ACME, "--column", "close")
    nothing = types("data", "upload", str(folder / "nothing.csv"), *ACME)
    unknown = types("data", "show", "ACNE")

    assert [each.status for each in (wrong, column, nothing, unknown)] == [1, 2, 1, 1]
    for hint in ("'ACME'", "'1h'", "'Europe/Berlin'"):
        assert f"Did you mean {hint}?" in wrong.err
    assert "--column is like `close=Last price`" in column.err
    assert "cannot be read: No such file or directory" in nothing.err
    assert "→ `modelbourse data list` shows yours" in unknown.err


def test_who_does_not_wait_is_told_how_to_look_and_a_pipe_is_a_file_too(types: Command, folder: Path) -> None:
    detached = types("data", "upload", str(folder / "acme.csv"), *ACME, "--detach", "--json")
    piped = types("data", "upload", "-", "--symbol", "PIPE", "--timeframe", "1h", "--json", stdin=(folder / "acme.csv").read_text())

    assert (detached.json["status"], detached.json["version"]) == ("checking", 1)
    assert piped.status == 0, piped.err
    assert (piped.json["status"], piped.json["rows"]) == ("ready", 1495)


def test_who_sits_before_a_terminal_sees_the_file_go_and_what_was_found(types: Command, folder: Path) -> None:
    with types.in_terminal("data", "upload", str(folder / "acme.csv"), *ACME) as terminal:
        terminal.until("health: 0 errors")

        assert terminal.end() == 0
    assert "checking" in terminal.seen
