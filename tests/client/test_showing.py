"""How the command's tables show values and counts."""

import datetime as dt
from typing import Any

import pytest

from modelbourse.cli.ages import aged, generated
from modelbourse.cli.predicting import learned_note
from modelbourse.cli.showing import counted, shown

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
