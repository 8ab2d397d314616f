"""Appending: any split of a file into appends is the same dataset, and rows that contradict are refused."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.market.datasets.canonical import read_candles
from libs.market.datasets.check import Checked
from tests.market.datasets.files import HEADER, candles, check, ns, only, text_of, told

LINES = candles(40)
LINES = [*LINES[:12], *LINES[15:]]  # with a hole
SCORED = [f"{line},{number / 10}" for number, line in enumerate(LINES)]
SCORED_HEADER = f"{HEADER},score"


def kept(checked: Checked) -> Path:
    assert checked.file is not None, checked.result.findings
    return checked.file


WHOLE = kept(check(text_of(SCORED, header=SCORED_HEADER), timeframe="1h", calendar="24/7")).read_bytes()


@settings(max_examples=20)
@given(st.permutations(range(len(SCORED))), st.lists(st.integers(1, len(SCORED) - 1), max_size=4, unique=True))
def test_any_split_into_appends_in_any_order_is_the_same_file(order: list[int], cuts: list[int]) -> None:
    rows = [SCORED[place] for place in order]
    edges = [0, *sorted(cuts), len(rows)]

    base: Path | None = None
    for start, stop in pairwise(edges):
        # Each append has some rows again that are there already.
        part = rows[max(start - 3, 0) : stop]
        given_ = {} if base is not None else {"timeframe": "1h", "calendar": "24/7"}
        checked = check(text_of(part, header=SCORED_HEADER), base=base, **given_)
        assert checked.result.added == stop - start
        base = kept(checked)

    assert base is not None
    assert base.read_bytes() == WHOLE


def test_a_row_that_contradicts_is_a_conflict_with_the_first_difference() -> None:
    base = kept(check(text_of(LINES)))
    other = [LINES[-2], LINES[-1].rpartition(",")[0] + ",555", *candles(2, until="2024-03-01T02:00")]

    refused = check(text_of(other), base=base, now=ns("2024-03-01T02:00"))
    revised = check(text_of(other), base=base, now=ns("2024-03-01T02:00"), revise=True)

    conflict = only(refused, "conflict")
    assert (refused.result.status, conflict.count, conflict.first) == ("refused", 1, "2024-03-01T00:00:00Z")
    assert "with volume" in conflict.message
    assert "has 555 in this file. Send revise=true" in conflict.message
    assert (revised.result.status, revised.result.added, revised.result.revised) == ("ready", 2, 1)
    assert read_candles(kept(revised), symbol="ACME")[0].volume[-3] == 555


def test_what_is_there_already_adds_nothing() -> None:
    base = kept(check(text_of(LINES)))

    again = check(text_of(LINES[5:20]), base=base)

    assert (again.result.status, again.result.added, again.result.rows) == ("ready", 0, len(LINES))
    assert kept(again).read_bytes() == base.read_bytes()


def test_a_feature_that_is_missing_is_refused_and_a_new_one_begins_empty() -> None:
    base = kept(check(text_of(SCORED[:20], header=SCORED_HEADER)))

    without = check(text_of(LINES[20:]), base=base)
    more = check(text_of([f"{line},7" for line in SCORED[20:]], header=f"{SCORED_HEADER},mood"), base=base)

    assert "The dataset has a column score, and the file has none" in only(without, "missing_column").message
    _, further = read_candles(kept(more), symbol="ACME")
    assert list(further) == ["score", "mood"]
    assert further["mood"].tolist()[-1] == 7
    assert further["mood"][0] != further["mood"][0]


@pytest.mark.parametrize(
    ("given_", "code"), [({"timeframe": "1d"}, "mixed_timeframe"), ({"calendar": "XNYS"}, "conflict"), ({"rows_most": 30}, "too_many_rows")]
)
def test_an_append_keeps_to_what_the_dataset_is(given_: dict[str, str], code: str) -> None:
    base = kept(check(text_of(LINES[:20])))

    checked = check(text_of(LINES[20:]), base=base, **given_)

    assert told(checked)[0] == f"error {code}"
    assert checked.file is None


@pytest.mark.parametrize("order", ["{day:02}/{month:02}/{year}", "{month:02}/{day:02}/{year}"])
def test_which_of_day_and_month_comes_first_is_told_by_the_candles_that_are_there(order: str) -> None:
    def lines(first: int, last: int) -> list[str]:
        days = [date(2024, 2, 1) + timedelta(days=number) for number in range(first, last)]
        return [f"{order.format(day=each.day, month=each.month, year=each.year)},1,2,1,2,5" for each in days]

    base = kept(check(text_of(lines(0, 33)), calendar="24/7", now=ns("2024-03-07")))

    appended = check(text_of(lines(33, 35)), base=base, now=ns("2024-03-07"))

    assert "unparsed_time" not in "".join(told(appended))
    assert appended.result.end is not None
    assert appended.result.end.date() == date(2024, 3, 7)
    assert str(appended.result.columns[0].understood).endswith("as the dataset goes on")
