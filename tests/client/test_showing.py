"""How the command's tables show values and counts."""

from typing import Any

import pytest

from modelbourse.cli.predicting import learned_note
from modelbourse.cli.showing import counted, shown


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
