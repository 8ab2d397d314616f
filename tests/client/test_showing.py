"""How the command's tables show values and counts."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from modelbourse.answers.predictions import Abstained, BatchPrediction
from modelbourse.cli.ages import aged, generated
from modelbourse.cli.predicting import MARKS, abstained_notes, learned_note
from modelbourse.cli.showing import counted, print_table, shown

CLOSE = dt.datetime(2013, 3, 1, 21, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "words"),
    [(6e-06, "0.000006"), (1.5e-06, "0.0000015"), (-1.25e-05, "-0.0000125"), (1e-09, "1e-09"), (0.1234567, "0.123457"), (None, "-")],
)
def test_small_numbers_are_shown_as_people_read_them(value: Any, words: str) -> None:
    assert shown(value) == words


def test_things_are_counted_in_their_plural() -> None:
    assert counted(1, "delivery", page=1, page_size=20, plural="deliveries") == "1 delivery"
    assert counted(2, "delivery", page=1, page_size=20, plural="deliveries") == "2 deliveries"
    assert counted(41, "model", page=2, page_size=20) == "41 models, page 2 of 3"


@pytest.mark.parametrize(
    ("as_of", "age_bars", "stale", "marks", "words"),
    [
        (CLOSE, 3441, True, ("SYNTHETIC (training)",), "2013-03-01 21:00 · 3,441 bars old STALE SYNTHETIC (training)"),
        (CLOSE, 1, False, ("",), "2013-03-01 21:00 · 1 bar old"),
        # An older gateway tells no age; given features have none.
        (CLOSE, None, None, (), "2013-03-01 21:00"),
        (None, None, None, ("SYNTHETIC",), "- SYNTHETIC"),
    ],
)
def test_a_row_says_how_old_its_candle_is_and_what_else_is_to_be_seen_of_it(
    as_of: dt.datetime | None, age_bars: int | None, stale: bool | None, marks: tuple[str, ...], words: str
) -> None:
    assert aged(as_of, age_bars, stale, *marks) == words


def test_what_was_generated_is_said_with_its_part() -> None:
    assert generated(["training", "candle"], synthetic=True) == "SYNTHETIC (training, candle)"
    assert generated([], synthetic=True) == "SYNTHETIC"  # By an older gateway, which does not tell which.
    assert generated([], synthetic=False) == generated([], synthetic=None) == ""


@pytest.mark.parametrize(
    ("in_sample", "words"),
    [
        ([True] * 12 + [False] * 28, "12 of 40 rows were used in training"),
        ([False], "0 of 1 rows were used in training"),
        ([True, False, None], "1 of 3 rows were used in training; of 1 it is not known"),
        ([None, None], "it is not known which of these rows were used in training"),
        ([], None),
    ],
)
def test_a_table_of_predictions_says_how_many_rows_the_version_was_trained_on(in_sample: list[bool | None], words: str | None) -> None:
    assert learned_note(in_sample) == words


def withheld(rule: str, reason: str) -> BatchPrediction:
    abstained = Abstained.model_validate({"rule": rule, "reason": reason, "would_have_been": "BUY"})
    row = {"symbol": "AAPL", "date": "2012-12-31", "value": None, "as_of": "2012-12-31T21:00:00Z", "synthetic": False, "in_sample": False}
    return BatchPrediction.model_validate(row | {"prediction": "ABSTAIN", "abstained": abstained})


def test_why_answers_are_withheld_is_said_once_a_rule() -> None:
    old, odd, odder = (
        withheld("age_bars_above", "It is old."),
        withheld("quality_below", "It is odd."),
        withheld("quality_below", "It is odder."),
    )
    answered = old.model_copy(update={"prediction": "BUY", "abstained": None})

    assert abstained_notes([answered]) == []
    assert abstained_notes([answered, old]) == ["AAPL abstains: It is old."]
    assert abstained_notes([odd, old, odder]) == ["2 of 3 abstain, the first of AAPL: It is odd.", "AAPL abstains: It is old."]


def test_a_word_that_is_marked_has_its_colour_on_a_terminal_and_none_in_a_pipe() -> None:
    terminal, pipe = (
        Console(file=StringIO(), force_terminal=each, width=60, color_system="standard" if each else None) for each in (True, False)
    )

    for console in (terminal, pipe):
        print_table(("symbol", "prediction"), [("AAPL", "ABSTAIN (quality_below)"), ("MSFT", "BUY")], marks=MARKS, console=console)

    assert "\x1b[33mABSTAIN\x1b[0m (quality_below)" in console_text(terminal)
    assert console_text(pipe).splitlines()[-2:] == ["AAPL    ABSTAIN (quality_below)", "MSFT    BUY"]


def console_text(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()
