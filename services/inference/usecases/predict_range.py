"""Predict, and on request explain, one symbol at every candle of some days: a page an ask, computed beside the event loop."""

import asyncio
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson

from libs.contracts.inference import ABSTAIN
from libs.contracts.inference import PredictRange as Ask
from libs.market.age import Ages
from libs.quant.windows import Windows
from services.inference.domain import ranges
from services.inference.domain.abstaining import NOT_MEASURED, PAST_DAYS
from services.inference.domain.forecasts import NO_LEVEL, in_prices
from services.inference.domain.ports import Explained, Features, Integers, Meters, Model, Models, Served, Table, Wanted
from services.inference.usecases.answers import AnswerWriter, iso, probabilities_of, synthetic_parts
from services.inference.usecases.trust import withheld

# A year of days, so that it is one ask; of many features fewer rows, so that a page is half of what the bus carries.
PAGE: Final = 366
PAGE_NUMBERS: Final = 18_500
ROW_NUMBERS: Final = 24  # what else a row says takes about as much as so many contributions
# A slow model's pages are smaller, so that each is answered long before whoever asked gives up.
PAGE_S: Final = 5.0
# So many interaction values are about half of what the bus carries, and a pair's take about so many times as long as a contribution.
PAGE_INTERACTIONS: Final = 20_000
INTERACTIONS_TAKE: Final = 10
NO_CANDLE: Final = "There is no candle on the day."
NOT_FINITE: Final = "The model's answer is not a finite number."
NO_INTERACTIONS: Final = "A network is explained by running it over sets of features; interactions would take a run for each pair and set."
Triangle = tuple[list[float], float]  # interactions and how far they miss the output
Reason = tuple[list[float], float, float]  # contributions, base value, additivity error


@dataclass(frozen=True, slots=True)
class PredictRange:
    """`turns` bounds how many pages are computed at once, so that single predictions always find a thread.

    What it answers is not logged: the log holds predictions made for the moment they were asked in.
    """

    models: Models
    features: Features
    writer: AnswerWriter
    meters: Meters
    turns: asyncio.Semaphore
    ages: Ages

    async def __call__(self, ask: Ask) -> bytes:
        """Return a page, `RangePredictions` as JSON.

        Raise ArtifactMissingError, ModelUnreadableError, or InvalidError for an unknown symbol.
        """
        model = await self.models.get(ask.artifact)
        async with self.turns:
            began = time.perf_counter()
            level = model.level or "close"
            wanted = Wanted(ask.symbol, ask.timeframe, model.features, ask.synthetic_allowed, ask.own, level)
            table = await self.features.table(wanted)
            count, reply = await asyncio.to_thread(self._answer, ask, model, table)
        self.meters.ranged(predictions=count, seconds=time.perf_counter() - began)
        return reply

    def _answer(self, ask: Ask, model: Model, table: Table) -> tuple[int, bytes]:
        candles = ranges.candles_of(table, start=ask.start, end=ask.end, last=ask.last)
        size = _page_size(model, interactions=ask.interactions)
        page, next_after = ranges.page_of(table, candles, after=ask.after, size=size, steps=model.steps)
        learned = ranges.in_sample(table, page, symbol=ask.symbol, learned=model.learned)
        predictions = self._predictions(ask, model, table, page, learned) if len(page) else []
        skipped = dict(_left_out(ask, model, table, candles)) if ask.after is None else {}
        if beyond := len(page) - len(predictions):
            unknown = int(np.isnan(table.close[page]).sum()) if model.level else 0
            reasons = {NO_LEVEL.format(model.level): unknown, NOT_FINITE: beyond - unknown}
            skipped |= {reason: count for reason, count in reasons.items() if count > 0}
        parts = synthetic_parts(model, candle=table.synthetic)
        age = self.ages.of(table.calendar, timeframe=ask.timeframe, as_of=ranges.close_of(table, -1))
        # Written as the contract has it, without an object a candle: those take longer than all but the kernel.
        page_said = {
            "features": model.features,
            "scale": model.scale,
            "synthetic": bool(parts),
            "predictions": predictions,
            "skipped": [{"reason": reason, "count": count} for reason, count in skipped.items()],
            "next_after": iso(next_after) if next_after else None,
            "data_as_of": iso(age.as_of) if age.as_of else None,
            "age_bars": age.bars,
            "stale": age.stale,
            "synthetic_parts": parts,
            "reasons": _reasons_of(model, interactions=ask.interactions),
        }
        if model.calibration:
            page_said["calibration"] = model.calibration.method
        return len(predictions), orjson.dumps(page_said)

    def _predictions(self, ask: Ask, model: Model, table: Table, page: Integers, learned: list[bool | None]) -> list[dict[str, Any]]:
        rows = Windows(table.values, page, model.steps).values() if model.steps else table.values[page]
        said: Served = model.explain(rows, interactions=ask.interactions) if ask.explain else model.serve(rows)
        if model.level:
            said = in_prices(said, table.close[page])
        odds = probabilities_of(model, said.outputs)
        assert said.quality is not None
        nothing = [None] * len(page)
        told = zip(
            ranges.closes_of(table, page), ranges.days_of(table, page), said.answered.tolist(), said.output.tolist(),
            nothing if odds is None else odds.tolist(),
            self._reasons(model, said) if isinstance(said, Explained) else nothing,
            nothing if said.interval is None else said.interval.tolist(), learned, said.quality.tolist(),
            _triangles(said) or nothing, strict=True,
        )  # fmt: skip
        return [_prediction(model, *each) for each, finite in zip(told, said.finite, strict=True) if finite]

    def _reasons(self, model: Model, explained: Explained) -> list[Reason]:
        errors = self.writer.errors(model, explained, served=explained.output).tolist()
        return list(zip(explained.contributions.tolist(), explained.base.tolist(), errors, strict=True))


def rows_carried(features: int) -> int:
    """Return how many rows a page has at most, whose model has so many features."""
    return min(PAGE, PAGE_NUMBERS // (features + ROW_NUMBERS))


def _page_size(model: Model, *, interactions: bool) -> int:
    """Return how many rows a page has: what a message carries, and what does not take too long."""
    many = len(model.features)
    if not interactions:
        return max(1, min(rows_carried(many), int(PAGE_S / model.row_s)))
    paired = PAGE_INTERACTIONS // (many * (many + 1) // 2 + many + ROW_NUMBERS)
    return max(1, min(PAGE, int(PAGE_S / (model.row_s * INTERACTIONS_TAKE)), paired))


def _triangles(said: Served) -> list[Triangle] | None:
    """Return each row's interaction values, the upper triangle line by line, and by how much the whole matrix misses the output."""
    if not isinstance(said, Explained) or said.interactions is None:
        return None
    upper = np.triu_indices(said.interactions.shape[1])
    errors = np.abs(said.base + said.interactions.sum(axis=(1, 2)) - said.output)
    return list(zip(said.interactions[:, *upper].tolist(), errors.tolist(), strict=True))


def _left_out(ask: Ask, model: Model, table: Table, candles: slice) -> Iterator[tuple[str, int]]:
    """Yield why days and candles of the whole range have no prediction, and how many."""
    if days := ranges.days_without(table, candles, start=ask.start, end=ask.end):
        yield NO_CANDLE, days
    for missing, count in ranges.lacking(table, candles, names=model.features).items():
        yield f"There are too few candles before for {', '.join(missing)}.", count
    if short := ranges.without_window(table, candles, steps=model.steps):
        yield f"There are too few candles in a row before for a window of {model.steps}.", short


def _prediction(  # noqa: PLR0917  # a row of a zip
    model: Model,
    as_of: str,
    day: str,
    answered: int,
    output: float,
    odds: list[float] | None,
    reason: Reason | None,
    ends: list[float] | None,
    learned: bool | None,  # noqa: FBT001  # as above
    share: float,
    triangle: Triangle | None,
) -> dict[str, Any]:
    """Return a `CandlePrediction` as JSON has it."""
    classes = model.classes
    answer = classes[answered] if classes else output
    quality = None if math.isnan(share) else share
    abstained = withheld(model.abstain_when, quality=quality, age_bars=None, answer=answer)
    contributions, base, error = reason or (None, None, None)
    forecast = model.forecast if ends else None
    prediction = {
        "as_of": as_of,
        "day": day,
        "prediction": ABSTAIN if abstained else answer,
        "confidence": None if abstained else odds[answered] if odds else forecast.level if forecast else None,
        "probabilities": dict(zip(classes, odds, strict=True)) if classes and odds else None,
        "value": None if classes or abstained else output,
        "output": output,
        "contributions": contributions,
        "base_value": base,
        "additivity_error": error,
        "in_sample": learned,
        "quality": quality,
    }
    # What few models have is left out of the others' rows, a sixth of what the bus carries.
    if ends and forecast:
        prediction |= {"interval": {"low": ends[0], "high": ends[1], "level": forecast.level}, "horizon": forecast.horizon}
    if abstained:
        prediction["abstained"] = abstained
    if triangle:
        prediction |= {"interactions": triangle[0], "interactions_error": triangle[1]}
    return prediction


def _reasons_of(model: Model, *, interactions: bool) -> dict[str, str]:
    """Return why something is not known of any prediction of a range."""
    reasons = {} if model.measures_quality else {"quality": NOT_MEASURED}
    if interactions and model.explainer == "coalitions":
        reasons["interactions"] = NO_INTERACTIONS
    if model.abstain_when and model.abstain_when.age_bars_above is not None:
        reasons["abstained"] = PAST_DAYS
    return reasons
