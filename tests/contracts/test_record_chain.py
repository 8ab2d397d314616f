"""The hash chain of a record: computed as the guide says, and any change of it is found."""

import re
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from libs.contracts.record_chain import chained, genesis, rounded_day
from libs.contracts.records import ChainedDay, RecordDay
from modelbourse.record_chain import first_break

WHOSE = {"listing_id": "listing_1", "version": "1.0"}
DAYS = [
    rounded_day(date(2012, 1, 3) + timedelta(days=each), day_return=(each - 3) / 700, position=(each % 3) - 1, absent=each == 4)
    for each in range(8)
]
CHAIN = chained(DAYS, previous=genesis("listing_1", version="1.0"))


def test_hashes_are_those_of_the_documented_texts() -> None:
    first = sha256(b"modelbourse record 1\nlisting_1\n1.0").hexdigest()
    text = f"{first}\n2012-01-03\n-0.0042857143\n-1.000000\npresent"

    assert (CHAIN[0].previous, CHAIN[0].hash) == (first, sha256(text.encode()).hexdigest())
    assert CHAIN[1].previous == CHAIN[0].hash


def test_a_whole_chain_holds_also_after_it_grew() -> None:
    grown = [*CHAIN[:5], *chained(DAYS[5:], previous=CHAIN[4].hash)]

    assert grown == CHAIN
    assert first_break(grown, **WHOSE) is None
    assert first_break([], **WHOSE) is None


@pytest.mark.parametrize(
    "change",
    [{"day_return": 0.5}, {"position": 0.25}, {"absent": True}, {"date": date(2012, 1, 5)}, {"hash": "0" * 64}, {"previous": "0" * 64}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_day_breaks_it_there(change: dict[str, object]) -> None:
    changed = CHAIN[3].model_copy(update=change)

    broken = first_break([*CHAIN[:3], changed, *CHAIN[4:]], **WHOSE)

    assert broken is not None
    assert broken.date == changed.date


@pytest.mark.parametrize("missing", range(7))
def test_a_day_that_is_left_out_breaks_it_at_the_next(missing: int) -> None:
    broken = first_break([*CHAIN[:missing], *CHAIN[missing + 1 :]], **WHOSE)

    assert broken is not None
    assert broken.date == CHAIN[missing + 1].date


def test_a_chain_of_another_listing_or_version_does_not_hold() -> None:
    assert first_break(CHAIN, listing_id="listing_2", version="1.0") is not None
    assert first_break(CHAIN, listing_id="listing_1", version="1.1") is not None


def test_days_out_of_order_do_not_hold() -> None:
    assert first_break(chained(DAYS[::-1], previous=CHAIN[0].previous), **WHOSE) is not None


def test_the_guides_own_program_says_the_same() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs/guides/marketplace.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)
    days = [{"return" if name == "day_return" else name: value for name, value in day.model_dump(mode="json").items()} for day in CHAIN]
    listing = {"id": "listing_1", "model_version": "1.0"}

    assert names["holds"](listing, days)
    assert not names["holds"](listing, [days[0], days[1] | {"return": 0.5}, *days[2:]])
    assert not names["holds"](listing | {"id": "listing_2"}, days)


@given(day_return=some.floats(-1, 10), position=some.floats(-1, 1), absent=some.booleans())
def test_what_travels_as_json_has_the_same_hash(*, day_return: float, position: float, absent: bool) -> None:
    (day,) = chained([rounded_day(date(2020, 2, 29), day_return=day_return, position=position, absent=absent)], previous="0" * 64)

    again = ChainedDay.model_validate_json(day.model_dump_json())

    assert chained([RecordDay.model_validate(again.model_dump())], previous="0" * 64) == [day]
    assert "-0.0," not in day.model_dump_json()
