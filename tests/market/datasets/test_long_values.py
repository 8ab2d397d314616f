"""A cell that was made to be slow to look at is not looked at: the gateway does so for whoever sends a file."""

from libs.market.datasets.times import LONGEST_MOMENT, rewritten

ANYTHING = ((r"^.*$", ""),)


def test_what_is_too_long_to_be_a_moment_is_left_as_it_is() -> None:
    assert rewritten("1" * LONGEST_MOMENT, ANYTHING) == ""
    assert rewritten("1" * (LONGEST_MOMENT + 1), ANYTHING) == "1" * (LONGEST_MOMENT + 1)
