"""A record's chain is computed by whoever asks: it holds, or the client says where it breaks."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from libs.contracts.record_chain import chained, genesis, rounded_day
from modelbourse.answers.market import ListingDetails
from modelbourse.answers.records import RecordDay, RecordEnd, Verified
from modelbourse.records import verified_by

DAYS = [rounded_day(date(2012, 1, 2) + timedelta(days=each), day_return=0.01, position=1.0, absent=each == 2) for each in range(5)]
TOLD = [
    {"return" if name == "day_return" else name: value for name, value in day.model_dump(mode="json").items()} | {"restated": None}
    for day in chained(DAYS, previous=genesis("listing_1", version="1.0"))
]


def verified(days: Sequence[dict[str, Any]], *, end: int = 5, noted: str | None = None) -> Verified:
    record = RecordEnd(days=end, last_day=TOLD[end - 1]["date"], hash=TOLD[end - 1]["hash"], restated_days=0)
    listing = ListingDetails.model_construct(id="listing_1", model_version="1.0", record=record)
    return verified_by(listing, [RecordDay.model_validate(day) for day in days], noted=noted)


def test_a_chain_that_holds_is_told_with_what_its_days_come_to() -> None:
    found = verified(TOLD, noted=TOLD[1]["hash"])

    assert (found.holds, found.days, found.absent_days, found.hash) == (True, 5, 1, TOLD[-1]["hash"])
    assert found.total_return == pytest.approx(1.01**5 - 1)


def test_days_that_came_since_the_listing_was_read_are_no_break() -> None:
    assert verified(TOLD, end=3).holds


@pytest.mark.parametrize(
    ("days", "broken_at", "said"),
    [
        ([*TOLD[:2], TOLD[2] | {"return": 0.5}, *TOLD[3:]], date(2012, 1, 4), "Its figures have the hash"),
        ([*TOLD[:2], *TOLD[3:]], date(2012, 1, 5), "The hash of the day before is"),
        (TOLD[:3], None, "The listing says that its first 5 days end with"),
        ([], None, "The listing says that its first 5 days end with"),
    ],
    ids=["changed", "left out", "cut off", "gone"],
)
def test_what_was_changed_is_found(days: Sequence[dict[str, Any]], broken_at: date | None, said: str) -> None:
    found = verified(days)

    assert (found.holds, found.broken_at) == (False, broken_at)
    assert found.problem is not None
    assert found.problem.startswith(said)


def test_a_record_that_was_written_anew_lacks_what_was_noted() -> None:
    found = verified(TOLD, noted="f" * 64)

    assert found.problem is not None
    assert found.problem.startswith("No day has the hash ffff")


def test_a_day_has_its_own_name_on_the_wire() -> None:
    day = RecordDay.model_validate(TOLD[0])

    assert day.as_json() == TOLD[0]
    assert day.day_return == TOLD[0]["return"]
