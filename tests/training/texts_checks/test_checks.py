"""What the job kind `check_texts` finds in texts that were made to have it, and in texts that have nothing."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.text_checks import CheckTextsResult, CheckTextsSpec, TextFinding
from libs.contracts.texts import NamedFile
from services.training.texts_checks.__main__ import main
from services.training.texts_checks.noise import doubted
from services.training.texts_checks.run import run

Row = dict[str, Any]
WORDS = [f"{one}{other}" for one in ("lan", "mor", "tev", "kis", "dur", "pel", "gan", "sol") for other in ("do", "ra", "mit", "ven", "kal")]
VERBS = {"positive": ["surges", "gains", "beats"], "neutral": ["holds", "meets", "files"], "negative": ["slumps", "loses", "misses"]}
LEAD = "The company said on Tuesday that its profit"


def stories(count: int, *, seed: int = 1) -> list[Row]:
    """Return stories of English words and made names, each label's with verbs of its own; no two are alike."""
    chance = random.Random(seed)
    labels = [list(VERBS)[place % 3] for place in range(count)]
    return [
        {"text": f"{LEAD} {chance.choice(VERBS[label])} at {' '.join(chance.choices(WORDS, k=10))}", "label": label} for label in labels
    ]


def checked(folder: Path, rows: list[Row], **spec: Any) -> tuple[CheckTextsResult, Artifacts]:
    artifacts = Artifacts(str(folder))
    data = NamedFile(path="data/news.json", artifact=artifacts.put(json.dumps(rows).encode()))
    return run(CheckTextsSpec(data=data, **spec), artifacts=artifacts, report=lambda _: None), artifacts


def found(result: CheckTextsResult) -> dict[str, TextFinding]:
    return {each.code.value: each for each in result.findings}


def test_texts_with_nothing_wrong_are_valid_and_told_in_figures(tmp_path: Path) -> None:
    rows = [row | {"published": f"2024-01-{1 + place % 28:02}", "ticker": "ABC"} for place, row in enumerate(stories(120))]

    result, _ = checked(tmp_path, rows)

    assert (result.valid, result.findings, result.reasons) == (True, (), {})
    assert (result.rows, result.labels_count, result.label_distribution) == (120, 3, {"positive": 40, "neutral": 40, "negative": 40})
    assert (result.language, result.symbols, result.text_column) == ("en", {"ABC": 120}, "text")
    assert result.start is not None
    assert result.end is not None
    assert (result.start.isoformat(), result.end.isoformat()) == ("2024-01-01T00:00:00+00:00", "2024-01-28T00:00:00+00:00")
    assert result.token_lengths is not None
    assert 20 < result.token_lengths.median <= result.token_lengths.longest < 128


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[CheckTextsResult, Artifacts, list[Row]]:
    """A file that has a bit of everything, and its report."""
    rows = stories(150)
    for place in (90, 93, 96):  # positive by their words
        rows[place]["label"] = "negative"
    rows[0]["text"] = "  "
    rows[1]["text"] = rows[4]["text"].upper()
    rows[2]["text"] = f"UPDATE 1- {rows[5]['text']}"
    rows[6]["text"], rows[6]["label"] = rows[9]["text"], "neutral"
    rows[7]["text"] = "Profit rose, write to john.smith@example.com or call +1 212-555-0187"
    rows[8]["text"] = "The companyâ€™s profit rose &amp; its shares followed"
    rows[10]["text"] = "The company\u202e said <script>alert('profit')</script> rose"
    rows[11]["text"] = "Der Gewinn der Gesellschaft stieg im dritten Quartal deutlich an, teilte der Vorstand mit"
    rows[12]["text"] = "very long " * 100
    rows[13]["label"] = ""
    rows[14]["label"] = "Positive"
    result, artifacts = checked(tmp_path_factory.mktemp("texts"), rows, report="report.html")
    return result, artifacts, rows


EXPECTED: Mapping[str, tuple[str, int, list[int], str]] = {
    "empty_text": ("warning", 1, [1], ""),
    "duplicate": ("warning", 2, [5, 10], "as row 2"),
    "near_duplicate": ("warning", 1, [6], "like row 3"),
    "label_conflict": ("warning", 2, [7, 10], "positive in row 10"),
    "imbalance": ("error", 1, [15], ""),
    "too_long": ("warning", 1, [13], "202 tokens"),
    "encoding": ("warning", 1, [9], "'â€™'"),
    "control_character": ("warning", 1, [11], "U+202E"),
    "language": ("warning", 1, [12], "de"),
    "pii_hint": ("warning", 1, [8], "e-mail, phone"),
}


@pytest.mark.parametrize("code", EXPECTED)
def test_each_thing_is_found_where_it_is(everything: tuple[CheckTextsResult, Artifacts, list[Row]], code: str) -> None:
    result, _, _ = everything
    severity, count, places, why = EXPECTED[code]

    finding = found(result)[code]

    assert (finding.severity, finding.count, [each.place for each in finding.examples]) == (severity, count, places)
    assert finding.examples[0].why.startswith(why)
    assert finding.share == pytest.approx(count / (4 if code == "imbalance" else 149 if code == "language" else 150))
    assert finding.suggestion


def test_labels_that_contradict_their_words_are_doubted_and_few_others(
    everything: tuple[CheckTextsResult, Artifacts, list[Row]],
) -> None:
    finding = found(everything[0])["label_noise"]

    assert {91, 94, 97} <= {each.place for each in finding.examples}
    assert finding.count < 10
    assert "'positive'" in finding.examples[0].why


def test_rows_without_a_label_and_labels_that_differ_in_case_are_told(
    everything: tuple[CheckTextsResult, Artifacts, list[Row]],
) -> None:
    told = [each for each in everything[0].findings if each.code == "label_unknown"]

    assert [(each.severity, each.count, each.examples[0].place) for each in told] == [("warning", 1, 14), ("warning", 1, 15)]
    assert "'Positive' beside 'positive'" in told[1].message


def test_the_report_stands_alone_shows_charts_and_runs_and_tells_nothing_of_what_texts_hold(
    everything: tuple[CheckTextsResult, Artifacts, list[Row]],
) -> None:
    result, artifacts, _ = everything

    page = artifacts.get(result.files["report.html"].sha256).decode()

    assert "default-src 'none'" in page
    assert [mark for mark in ("<script", "http://", "https://", "src=", "@import", "john.smith", "555-0187") if mark in page] == []
    assert "&lt;script&gt;" in page
    assert "[e-mail]" in page
    assert page.count("<svg") == 2
    assert [code for code in EXPECTED if code not in page] == []
    assert "surges" in page  # a word that tells a label


def test_the_same_file_gives_the_same_report(everything: tuple[CheckTextsResult, Artifacts, list[Row]], tmp_path: Path) -> None:
    result, _, rows = everything

    again, _ = checked(tmp_path, rows, report="report.html")

    assert again == result


def test_texts_on_two_sides_of_a_split_are_an_error(tmp_path: Path) -> None:
    rows = [row | {"split": "test" if place % 5 == 0 else "train"} for place, row in enumerate(stories(60))]
    rows[10]["text"] = rows[11]["text"] + "."

    finding = found(checked(tmp_path, rows)[0])["split_leakage"]

    assert (finding.severity, finding.count) == ("error", 2)
    assert [(each.place, each.why) for each in finding.examples] == [(11, "in test"), (12, "in train")]


def test_texts_that_a_split_at_random_would_part_are_told(tmp_path: Path) -> None:
    rows = stories(40)

    result, _ = checked(tmp_path, [*rows, *rows])

    assert found(result)["split_leakage"].severity == "info"
    assert result.valid


def test_labels_beside_those_that_there_may_be_and_a_single_label_are_errors(tmp_path: Path) -> None:
    rows = stories(60)
    rows[0]["label"] = "positiv"

    misspelt, _ = checked(tmp_path, rows, labels=("positive", "neutral", "negative"))
    single, _ = checked(tmp_path, [row | {"label": "positive"} for row in rows])

    unknown = next(each for each in misspelt.findings if each.code == "label_unknown")
    assert (misspelt.valid, unknown.severity, unknown.count) == (False, "error", 1)
    assert "Did you mean 'positive'?" in unknown.suggestion
    assert (single.valid, found(single)["imbalance"].severity) == (False, "error")
    assert "label_noise" in single.reasons


def test_labels_that_the_words_tell_nothing_of_are_not_doubted(tmp_path: Path) -> None:
    rows = stories(150)
    labels = [row["label"] for row in rows]
    random.Random(5).shuffle(labels)

    result, _ = checked(tmp_path, [row | {"label": label} for row, label in zip(rows, labels, strict=True)])

    assert "label_noise" not in found(result)
    assert "tell nothing of labels" in result.reasons["label_noise"]


def test_a_row_is_doubted_where_another_label_is_as_sure_as_in_its_own_rows() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.2, 0.8], [0.55, 0.45]])

    rows, seems = doubted(chances, label=np.array([0, 0, 1, 1, 0, 1]))

    # The threshold of label 1 is (0.9 + 0.7 + 0.45) / 3; that of label 0 is 0.63, which the last row does not reach.
    assert (rows.tolist(), seems.tolist()) == ([4], [1])


def test_a_file_that_cannot_be_read_is_a_result_that_names_the_field(tmp_path: Path) -> None:
    result, _ = checked(tmp_path, stories(5), text_column="body", report="report.html")

    assert (result.valid, list(result.refused), result.files) == (False, ["text_column"], {})
    assert "Column 'body' not found in dataset: it has text, label." in result.refused["text_column"][0]


def test_a_file_of_this_machine_is_checked_without_a_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    news, page = tmp_path / "news.json", tmp_path / "reports" / "news.html"
    news.write_text(json.dumps(stories(30)))

    fine = main([str(news), "--report", str(page)])
    told = capsys.readouterr().out
    single = main([str(news), "--label-column", "text", "--json"])
    unread = main([str(news), "--text-column", "txt"])

    assert (fine, single, unread) == (0, 1, 2)
    assert "A model can be trained on it." in told
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "Did you mean 'text'?" in capsys.readouterr().err


def test_texts_of_which_too_few_differ_for_the_parts_of_a_split_cannot_be_trained_on(tmp_path: Path) -> None:
    rows = [
        {"text": f"{word} profit in the third quarter of the year", "label": label} for word, label in (("good", "up"), ("bad", "down"))
    ]

    result, _ = checked(tmp_path, rows * 10)

    errors = [each for each in result.findings if each.severity == "error"]
    assert not result.valid
    assert [each.code for each in errors] == ["near_duplicate"]
    assert "2 texts that differ" in errors[0].message
