"""An inference service with a model of its own, which answers in the contracts' words."""

import asyncio

from libs.chassis.bus.handlers import Answers
from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.candles import CandlePart, ReadCandles
from libs.contracts.envelope import now
from libs.contracts.exports import ExportLine, ExportPart, ReadAccountInInference
from libs.contracts.inference import Interval, Predict, Prediction, Predictions, PredictRange, RangePredictions
from libs.contracts.outcomes import Came, Outcomes, ReadOutcomes
from libs.contracts.text_predictions import ExplainTexts, PredictTexts, TextAttribution, TextPrediction, TextPredictions, TextSpan
from services.inference.outbound.candles_market import CandlesMarket
from tests.gateway.studio.ranges_double import RangesDouble

LABELS = ("negative", "positive")


def _labelled(text: str, *, explain: bool) -> TextPrediction:
    """Label a text: positive where it says good."""
    odds = 0.9 if "good" in text else 0.2
    label = "positive" if odds > 1 / 2 else "negative"
    span = TextSpan(start=0, end=len(text), text=text, contribution=0.4)
    why = TextAttribution(label=label, base_value=0.5, spans=(span,), additivity_error=0.0, standard_error=None, evaluations=3)
    return TextPrediction(
        label=label,
        probability=max(odds, 1 - odds),
        score=2 * odds - 1,
        probabilities={"negative": 1 - odds, "positive": odds},
        tokens=3,
        truncated=False,
        attribution=why if explain else None,
    )


class InferenceDouble:
    """Predicts with a model of its own: the score of BUY grows with the features' sum, contributions are the features themselves.

    Candles are those that the service itself would read.
    """

    def __init__(self, broker: MemoryBroker, artifacts: Artifacts) -> None:
        self.bus = MemoryBus(broker, service="inference", instance="inference")
        self.asks: list[Predict] = []
        self.features: tuple[str, ...] = ()
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.refusal: InvalidError | None = None
        self.ranges = RangesDouble()
        self.market = CandlesMarket(None, artifacts)
        self.outcome_asks: list[ReadOutcomes] = []
        self.text_asks: list[PredictTexts] = []
        self.came = Came(value=None, known_at=None, reason="Its time has not come.", final=False)

    def answers(self) -> Answers:
        answers = Answers()

        @answers.to(Predict)
        async def predict(ask: Predict) -> Predictions:
            self.asks.append(ask)
            await self.speaks.wait()
            if self.refusal is not None:
                raise self.refusal
            if ask.sent is not None:
                return Predictions(predictions=(self._of_sent(ask),), model_version=ask.version, prediction_timestamp=now())
            made = tuple(self._one(symbol, row) for symbol, row in zip(ask.symbols, ask.rows, strict=True))
            return Predictions(predictions=made, model_version=ask.version, prediction_timestamp=now(), static_data=ask.static_data)

        @answers.to(ReadOutcomes)
        async def outcomes(ask: ReadOutcomes) -> Outcomes:
            self.outcome_asks.append(ask)
            return Outcomes(outcomes=(self.came,) * len(ask.moments))

        @answers.to(ReadCandles)
        async def read_candles(ask: ReadCandles) -> CandlePart:
            return await self.market.part(ask)

        @answers.to(PredictTexts)
        async def predict_texts(ask: PredictTexts) -> TextPredictions:
            return self._labelled(ask)

        @answers.to(ExplainTexts)
        async def explain_texts(ask: ExplainTexts) -> TextPredictions:
            return self._labelled(ask)

        @answers.to(PredictRange)
        async def predict_range(ask: PredictRange) -> RangePredictions:
            await self.speaks.wait()
            return self.ranges.answer(ask, self.features)

        @answers.to(ReadAccountInInference)
        async def read_account(ask: ReadAccountInInference) -> ExportPart:
            line = ExportLine(kind="inference.predictions", data={"account_id": ask.account_id})
            return ExportPart(lines=(line,), next_after=None)

        return answers

    def _labelled(self, ask: PredictTexts) -> TextPredictions:
        self.text_asks.append(ask)
        made = tuple(_labelled(text, explain=isinstance(ask, ExplainTexts)) for text in ask.texts)
        return TextPredictions(predictions=made, labels=LABELS, version=ask.version, backbone="small", made_at=now())

    def _of_sent(self, ask: Predict) -> Prediction:
        """Predict the newest close of what was sent, as regressions do, 2 to either side."""
        assert ask.sent is not None
        close = ask.sent.columns["price_close"][-1]
        predicted = self._one(ask.symbols[0], None).model_copy(
            update={"prediction": close, "value": close, "probabilities": None, "confidence": None, "quality": 0.5}
        )
        interval = Interval(low=close - 2, high=close + 2, level=ask.interval_level or 0.9)
        update = {"interval": interval, "interval_method": "split_conformal", "reasons": {"prediction_set": "It answers a number."}}
        return predicted.model_copy(update=update)

    def _one(self, symbol: str, row: tuple[float, ...] | None) -> Prediction:
        values = row or (0.01,) * len(self.features)
        buy = min(0.9, 0.4 + sum(values) / 1000)
        return Prediction(
            symbol=symbol,
            prediction="BUY",
            confidence=buy,
            feature_contributions={name: value / 1000 for name, value in zip(self.features, values, strict=True)},
            probabilities={"BUY": buy, "HOLD": (1 - buy) / 2, "SELL": (1 - buy) / 2},
            value=None,
            base_value=0.4,
            scale="probability",
            additivity_error=0.0,
            as_of=None if row else now(),
            synthetic=False,
        )
