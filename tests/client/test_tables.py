"""Tables in any width: nothing is cut, words are whole, and a row that has no room becomes a list of pairs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from libs.contracts.ids import new_id
from modelbourse.cli.finding import matching
from modelbourse.cli.tables import lay_out, pairs

COLUMNS = ("id", "name", "status", "created", "accuracy")
ROW = ("model_01kab8m7j3fm0rrc5q9y2w6n4t", "AAPL and MSFT momentum on daily candles", "COMPLETED", "2026-01-15 15:30:00", "0.512346")
WORDS = st.lists(st.text(st.characters(categories=["L", "N", "P", "So"]), min_size=1, max_size=30), min_size=1, max_size=8).map(" ".join)


def words_of(lines: list[str]) -> set[str]:
    return {word for line in lines for word in line.split()}


@pytest.mark.parametrize("width", [None, 200, 100, 80, 60, 40, 20, 1])
def test_an_id_a_number_and_a_date_are_whole_in_every_width(width: int | None) -> None:
    lines = lay_out(COLUMNS, [ROW], width=width, drop=("created",))

    kept = [ROW[0], ROW[2], ROW[4], *ROW[1].split()]
    assert [word for word in kept if word not in words_of(lines)] == []
    if width is not None and width > len(ROW[0]) + 2:
        assert max(map(cell_len, lines)) <= width


def test_a_terminal_of_80_columns_leaves_out_what_is_of_little_use_and_says_so() -> None:
    lines = lay_out(COLUMNS, [ROW], width=80, drop=("created", "accuracy"))

    assert lines[0].split() == ["id", "name", "status", "accuracy"]
    assert lines[-1] == "(no room for: created; --json has all)"


def test_a_narrow_terminal_gets_a_list_of_pairs() -> None:
    lines = lay_out(COLUMNS, [ROW, ROW], width=44, drop=("created",))

    assert lines[0] == f"id        {ROW[0]}"
    assert lines.count("") == 1
    assert lines[1:3] == ["name      AAPL and MSFT momentum on daily", "          candles"]


def test_a_pipe_gets_each_row_on_one_line_however_long() -> None:
    lines = lay_out(COLUMNS, [(ROW[0], "long " * 200, *ROW[2:])], width=None)

    assert len(lines) == 3
    assert lines[2].startswith(ROW[0])
    assert lines[2].endswith("2026-01-15 15:30:00  0.512346")


def test_a_value_without_room_beside_its_name_stands_below_it() -> None:
    assert pairs([("hyperparameters", "n_estimators=100 max_depth=10")], width=20) == [
        "hyperparameters",
        "  n_estimators=100",
        "  max_depth=10",
    ]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(1, 120), st.booleans())
def test_no_word_is_broken_in_any_width(rows: list[Any], width: int, may_drop: bool) -> None:
    lines = lay_out(("first", "second", "third"), rows, width=width, drop=("third",) if may_drop else ())

    wanted = {word for row in rows for cell in (row[:2] if may_drop else row) for word in cell.split()}
    assert wanted <= words_of(lines)


IDS = {
    "model_01kab8m7j3fm0rrc5q9y2w6n4t": "Momentum",
    "model_01kab8m7j3fm0rrc5q9y2zzzzz": "Reversion",
    "model_01kab9xxxxfm0rrc5q9y2w6n4t": "Momentum",
}
FIRST, SECOND, THIRD = IDS


@pytest.mark.parametrize(
    ("word", "found"),
    [
        (FIRST, [FIRST]), ("model_01kab9", [THIRD]), ("01kab9", [THIRD]), ("model_01kab8", [FIRST, SECOND]), ("Reversion", [SECOND]),
        ("Momentum", [FIRST, THIRD]), ("model_", []), ("model_01k", []), ("m", []), ("", []), ("momentum", []),
    ],
)  # fmt: skip
def test_a_word_means_an_id_a_name_or_the_beginning_of_an_id(word: str, found: list[str]) -> None:
    assert matching(IDS, word, prefix="model") == found


def test_an_id_without_a_form_of_its_own_is_found_by_its_beginning() -> None:
    letter = f"marketplace-training.completed-0-17-{new_id('event')}"

    assert matching({letter: ""}, "marketplace-training.completed-0-17", prefix=None) == [letter]
