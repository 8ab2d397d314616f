"""How the command's tables show values and counts."""

from typing import Any

import pytest

from libs.client.cli.showing import counted, shown


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
