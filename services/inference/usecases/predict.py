"""Answer all waiting asks for predictions at once: one run of each model over all of its rows."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.envelope import now
from libs.contracts.inference import Predict as Ask
from libs.contracts.inference import SentRows
from libs.market.age import Ages
from services.inference.domain.errors import BadRowError, FeaturesNotReadyError
from services.inference.domain.forecasts import NO_LEVEL, given_level, in_prices
from services.inference.domain.ports import Explained, Features, Floats, LatestRow, Logged, Meters, Model, Models, PredictionLog, Wanted
from services.inference.usecases.answers import AnswerWriter, Row, iso
from services.inference.usecases.by_model import answer_by_model
from services.inference.usecases.intervals import add_interval
from services.inference.usecases.sent_rows import window_of

Answer = bytes | PlatformError
# So long the event loop may be held; what takes longer goes to a thread, which costs a tenth of a millisecond more and runs beside it.
INLINE_S: Final = 0.001
_WINDOW: Final = "The model looks at windows of {} candles: given features stand for the latest one, those before it come from candles."


@dataclass(frozen=True, slots=True)
class Predict:
    """Asks of one model are one batch; no model waits for another's files, and no ask fails by another one."""

    models: Models
    features: Features
    log: PredictionLog
    writer: AnswerWriter
    meters: Meters
    ages: Ages

    async def __call__(self, asks: Sequence[Ask]) -> list[Answer]:
        """Return each ask's answer as JSON, or why there is none, in order."""
        began = time.perf_counter()
        answers = await answer_by_model(asks, self._answer_model, name=Ask.name)
        predictions = sum(len(ask.symbols) for ask, answer in zip(asks, answers, strict=True) if isinstance(answer, bytes))
        self.meters.answered(asks=len(asks), predictions=predictions, seconds=time.perf_counter() - began)
        return answers

    async def _answer_model(self, artifact: str, asks: Sequence[Ask]) -> list[Answer]:
        try:
            model = await self.models.get(artifact)
        except PlatformError as error:
            return [error] * len(asks)
        rows_of_asks = [self._given(ask, model) or await self._completed(ask, model) for ask in asks]
        rows = [row for rows in rows_of_asks if not isinstance(rows, PlatformError) for row in rows]
        if not rows:
            return [rows for rows in rows_of_asks if isinstance(rows, PlatformError)]
        explained = await self._explain(model, rows)
        if model.level:
            explained = in_prices(explained, np.array([row.close for row in rows], dtype=np.float64))
        moment = now()
        told, said, finite = iso(moment), self.writer.say(model, rows, explained, moment=moment), explained.finite
        answers: list[Answer] = []
        logged: list[Logged] = []
        first = 0
        for ask, own in zip(asks, rows_of_asks, strict=True):
            if isinstance(own, PlatformError):
                answers.append(own)
                continue
            place = slice(first, first := first + len(own))
            predictions = said[place]
            if not all(finite[place]):
                answers.append(_beyond(own, finite[place]))
                continue
            if ask.interval_level is not None:
                _add_intervals(predictions, own, model=model, level=ask.interval_level, wanted=ask.wanted_level or ask.interval_level)
            answers.append(self.writer.write(ask.version, predictions, static_data=ask.static_data, moment=told))
            logged += [_logged(ask, prediction, row, moment) for prediction, row in zip(predictions, own, strict=True)]
        self.log.write(logged)
        return answers

    async def _explain(self, model: Model, rows: Sequence[Row]) -> Explained:
        matrix: Floats = np.array([row.values for row in rows], dtype=np.float64)
        if len(rows) * model.row_s <= INLINE_S:
            return model.explain(matrix)
        return await asyncio.to_thread(model.explain, matrix)

    def _given(self, ask: Ask, model: Model) -> list[Row] | None:
        """Return the rows of an ask that brings all of them, or None; a model on windows needs candles besides."""
        if model.steps or len(ask.rows) != len(ask.symbols):
            return None
        rows = []
        for symbol, values in zip(ask.symbols, ask.rows, strict=True):
            if values is None or len(values) != model.given:
                return None
            level = given_level(model, values) if model.level else None
            if model.level and level is None:
                return None
            rows.append(Row(symbol, values, None, synthetic=False, made_at=ask.made_at, close=level))
        return rows

    async def _completed(self, ask: Ask, model: Model) -> list[Row] | PlatformError:
        if ask.sent is not None:
            return await self._sent(ask, ask.sent, model)
        if len(ask.rows) != len(ask.symbols):
            message = f"There are {len(ask.rows)} rows for {len(ask.symbols)} symbols."
            return BadRowError(message, details={"rows": [message]})
        rows, problems = [], dict[str, list[str]]()
        for symbol, values in zip(ask.symbols, ask.rows, strict=True):
            if values is not None and len(values) != model.given:
                problems[f"features.{symbol}"] = [f"Must have {model.given} values."]
                continue
            try:
                row = await self._row(ask, model, symbol, values)
                rows.append(row)
                if model.level and not (row.close or 0) > 0:
                    problems[f"features.{symbol}"] = [NO_LEVEL.format(model.level)]
            except PlatformError as error:
                for field, texts in (error.details or {"symbols": [error.message]}).items():
                    problems.setdefault(field, []).extend(texts)
        if problems:
            message = "The prediction cannot be made: see the details."
            return BadRowError(message, details=problems)
        return rows

    async def _sent(self, ask: Ask, sent: SentRows, model: Model) -> list[Row] | PlatformError:
        symbol = ask.symbols[0]
        try:
            values, level = await asyncio.to_thread(window_of, sent, model, symbol=symbol, timeframe=ask.timeframe)
        except BadRowError as error:
            return error
        return [Row(symbol, values, sent.times[-1], synthetic=False, close=level, made_at=ask.made_at)]

    async def _row(self, ask: Ask, model: Model, symbol: str, values: tuple[float, ...] | None) -> Row:
        if model.steps:
            return await self._window(ask, model, symbol, values)
        if values is not None:
            return Row(symbol, values, None, synthetic=False, made_at=ask.made_at, close=await self._level(ask, model, symbol, values))
        latest: LatestRow = await self.features.latest(_wanted(ask, model, symbol))
        age = self.ages.of(latest.calendar, timeframe=ask.timeframe, as_of=latest.as_of)
        return Row(symbol, latest.values, latest.as_of, synthetic=latest.synthetic, close=latest.close, age=age, made_at=ask.made_at)

    async def _level(self, ask: Ask, model: Model, symbol: str, values: tuple[float, ...]) -> float | None:
        """Return the level that a change is told from: of the given features, else of the latest candle; None where no level is told."""
        level = given_level(model, values)
        if model.level is None or level is not None:
            return level
        table = await self.features.table(_wanted(ask, model, symbol))
        return float(table.close[-1])

    async def _window(self, ask: Ask, model: Model, symbol: str, values: tuple[float, ...] | None) -> Row:
        try:
            window = await self.features.window(_wanted(ask, model, symbol), steps=model.steps, newest=values)
        except InvalidError as error:
            if values is None or isinstance(error, FeaturesNotReadyError):
                raise
            raise BadRowError(error.message, details={f"features.{symbol}": [f"{error.message} {_WINDOW.format(model.steps)}"]}) from error
        # What is given stands for the latest candle, so the answer is not of that candle's moment, nor told from its price.
        level = None if values is None else given_level(model, values)
        age = self.ages.of(window.calendar, timeframe=ask.timeframe, as_of=window.as_of) if values is None else None
        return Row(
            symbol,
            window.values,
            age.as_of if age else None,
            synthetic=window.synthetic,
            close=window.close if level is None else level,
            age=age,
            made_at=ask.made_at,
        )


def _beyond(rows: Sequence[Row], finite: Sequence[bool]) -> BadRowError:
    """Return the refusal of an ask, some of whose rows have no finite answer."""
    message, why = "The prediction cannot be made: see the details.", "Values so large that the model's answer is not a finite number."
    return BadRowError(message, details={f"features.{row.symbol}": [why] for row, well in zip(rows, finite, strict=True) if not well})


def _add_intervals(predictions: Sequence[dict[str, Any]], rows: Sequence[Row], *, model: Model, level: float, wanted: float) -> None:
    """Add to each answer the interval of a level; the errors of a model that answers a level are shares of the newest one."""
    for row, prediction in zip(rows, predictions, strict=True):
        add_interval(prediction, model=model, level=level, wanted=wanted, unit=1.0 if model.level is None else row.close or 1.0)


def _wanted(ask: Ask, model: Model, symbol: str) -> Wanted:
    own = next((each for each in ask.own if each.symbol == symbol), None)
    return Wanted(symbol, ask.timeframe, model.features, ask.synthetic_allowed, own, model.level or "close")


def _logged(ask: Ask, prediction: dict[str, Any], row: Row, moment: Any) -> Logged:
    # By place: names take half as long again, and one is made for each prediction.
    return Logged(
        ask.model_id,
        ask.account_id,
        ask.version,
        row.symbol,
        prediction["prediction"],
        prediction["confidence"],
        row.as_of,
        prediction["synthetic"],
        moment,
    )
