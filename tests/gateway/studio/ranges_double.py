"""An inference service's answers to ranges: every weekday has a candle, pages are short, and a day's numbers follow from the day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from libs.chassis.errors import PlatformError
from libs.contracts.inference import CandlePrediction, PredictRange, RangePredictions, Skipped

PAGE = 4
LAST_DAY = date(2013, 3, 1)
NO_CANDLE = "There is no candle on the day."


class RangesDouble:
    """Answers pages. `refusals` are raised instead of the pages of these numbers, counted over all symbols."""

    def __init__(self) -> None:
        self.asks: list[PredictRange] = []
        self.refusals: dict[int, PlatformError] = {}

    def answer(self, ask: PredictRange, features: Sequence[str]) -> RangePredictions:
        self.asks.append(ask)
        if refusal := self.refusals.get(len(self.asks)):
            raise refusal
        days = days_of(ask)
        there = [day for day in days if day.weekday() < 5]
        left = [day for day in there if ask.after is None or close_of(day) > ask.after]
        without = len(days) - len(there) if ask.after is None else 0
        return RangePredictions(
            features=tuple(features),
            scale="probability",
            synthetic=False,
            predictions=tuple(row_of(day, len(features), explain=ask.explain, interactions=ask.interactions) for day in left[:PAGE]),
            skipped=(Skipped(reason=NO_CANDLE, count=without),) if without else (),
            next_after=close_of(left[PAGE - 1]) if len(left) > PAGE else None,
            data_as_of=close_of(LAST_DAY),
            age_bars=3238 if ask.symbol == "AAPL" else 448,
            stale=True,
        )


def days_of(ask: PredictRange) -> list[date]:
    end = ask.end or LAST_DAY
    if ask.start is not None:
        return [ask.start + timedelta(days=n) for n in range((end - ask.start).days + 1)]
    days = [end]
    while sum(day.weekday() < 5 for day in days) < ask.last:
        days.insert(0, days[0] - timedelta(days=1))
    return days


def close_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 21, tzinfo=UTC)


def row_of(day: date, features: int, *, explain: bool, interactions: bool = False) -> CandlePrediction:
    contributions = tuple(day.day / 1000 * (-1) ** place / (place + 1) for place in range(features))
    output = 0.4 + sum(contributions)
    # A pair's is a tenth of its place in the triangle's order; the diagonal has the rest.
    triangle = tuple(0.1 * number for number in range(features * (features + 1) // 2))
    return CandlePrediction(
        as_of=close_of(day),
        day=day,
        prediction="BUY",
        confidence=output,
        probabilities={"BUY": output, "HOLD": (1 - output) / 2, "SELL": (1 - output) / 2},
        value=None,
        output=output,
        contributions=contributions if explain else None,
        base_value=0.4 if explain else None,
        additivity_error=0.0 if explain else None,
        in_sample=True,
        interactions=triangle if interactions else None,
        interactions_error=0.0 if interactions else None,
    )
