"""The rows of a training are parted as a column of their file says, and read in the encoding that was said."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from libs.contracts.texts import TextConfig, TextData
from libs.contracts.training import Artifact
from services.training.learners.errors import TrainingRefusedError
from services.training.texts.corpus import Corpus, open_corpus
from tests.training.texts.headlines import headlines


def corpus_of(folder: Path, sides: list[str], *, written: str = "utf-8", **data: Any) -> Corpus:
    """Read headlines of which each has a side of the split."""
    rows = headlines(len(sides), shuffled=True)
    rows[-1] = rows[0]
    lines = [f'"{row["text"]}",{row["label"]},{side}' for row, side in zip(rows, sides, strict=True)]
    path = folder / "news.csv"
    path.write_bytes("\n".join(["headline,label,Split", *lines]).encode(written))
    file = Artifact(uri="here", sha256="0", size=1)
    return open_corpus(path, data=TextData(path="news.csv", artifact=file), config=TextConfig.model_validate({"data": data}))


def test_a_column_of_the_file_decides_the_parts_in_any_of_their_usual_names(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, ["Train", "dev", "test"] * 10 + ["training", "valid", "Testing"] * 10)

    assert corpus.train.tolist() == list(range(0, 60, 3))
    assert corpus.validation.tolist() == list(range(1, 60, 3))
    assert corpus.test.tolist() == list(range(2, 60, 3))
    assert "The parts are those of the file's column `Split`." in corpus.notes
    assert "2 rows have one that is alike, or of their group, in another part of `Split`: figures may flatter." in corpus.notes


def test_without_validation_rows_some_are_taken_from_those_to_learn_from_and_shares_hold_where_the_column_is_not_heeded(
    tmp_path: Path,
) -> None:
    sides = ["train", "train", "test"] * 20

    taken, none = corpus_of(tmp_path, sides), corpus_of(tmp_path, sides, train_split=0.8, val_split=0, test_split=0.2)
    anew = corpus_of(tmp_path, sides, heed_split=False)

    assert taken.test.tolist() == none.test.tolist() == list(range(2, 60, 3))
    assert taken.rows["validation"] > 0
    assert taken.rows["train"] + taken.rows["validation"] == none.rows["train"] == 40
    assert any("of its train rows were taken" in note for note in taken.notes)
    assert anew.rows == {"train": 48, "validation": 6, "test": 6}
    assert any("was not heeded, as was asked" in note for note in anew.notes)


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        (["train", "", ""] * 20, r"The column `Split` says nothing in line 3 and 39 more: each row needs one of train, validation, test"),
        (
            ["train", "tset"] * 30,
            r"says 'tset' in line 3 and 29 more, which is none of .* Did you mean 'test'\? Set config.data.heed_split",
        ),
        (["train"] * 60, "has no rows for test"),
    ],
)
def test_a_row_without_a_part_and_a_part_without_rows_are_refused_in_words(tmp_path: Path, sides: list[str], said: str) -> None:
    with pytest.raises(TrainingRefusedError, match=said) as refused:
        corpus_of(tmp_path, sides)

    assert refused.value.details.keys() == {"config.data.split_column"}


def test_the_encoding_that_was_said_is_read_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, ["train", "dev", "test"] * 20, written="utf-16-le", encoding="utf-16-le")  # It has no mark.

    assert corpus.texts[0] == headlines(60)[0]["text"]
    with pytest.raises(ValidationError, match="'base64' is no encoding: write utf-8"):
        TextConfig.model_validate({"data": {"encoding": "base64"}})
