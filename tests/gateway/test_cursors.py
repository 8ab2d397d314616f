"""Cursors by themselves: each has one spelling."""

import string

import pytest

from libs.chassis.errors import InvalidError
from services.gateway.inbound.http.cursors import Cursors

ALPHABET = string.ascii_letters + string.digits + "-_"


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_change_of_its_last_character_is_taken_for_the_same_cursor(length: int) -> None:
    cursors = Cursors(["a secret"])
    cursor = cursors.make(("k" * length,), scope="a list")

    others = [cursor[:-1] + last for last in ALPHABET if last != cursor[-1]]

    assert cursors.read(cursor, scope="a list") == ("k" * length,)
    for other in others:
        with pytest.raises(InvalidError):
            cursors.read(other, scope="a list")
