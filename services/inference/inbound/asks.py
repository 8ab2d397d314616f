"""What inference answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.chassis.bus.handlers import Answers
from libs.chassis.errors import PlatformError
from libs.contracts.analyses import (
    Analysis,
    Analyze,
    ConditionJudged,
    JudgeCondition,
    PredictTrend,
    ReadTracking,
    Recommendations,
    RecommendStrategies,
    Tracking,
    TrendPredicted,
)
from libs.contracts.candles import CandlePart, ReadCandles
from libs.contracts.envelope import Reply
from libs.contracts.exports import ExportPart, ReadAccountInInference
from libs.contracts.inference import Predict as Ask
from libs.contracts.inference import PredictRange as RangeAsk
from libs.contracts.outcomes import Outcomes, ReadOutcomes
from libs.contracts.text_predictions import ExplainTexts as ExplainAsk
from libs.contracts.text_predictions import PredictTexts as TextsAsk
from services.inference.domain.ports import CandleParts, Exports
from services.inference.usecases.analyze import AnalyzeMarket, Judge, Recommend
from services.inference.usecases.explain_texts import ExplainTexts
from services.inference.usecases.predict import Predict
from services.inference.usecases.predict_range import PredictRange
from services.inference.usecases.predict_texts import PredictTexts
from services.inference.usecases.predict_trend import Trend
from services.inference.usecases.read_outcomes import FindOutcomes


@dataclass(frozen=True, slots=True)
class Texts:
    """Who answers asks about texts."""

    predict: PredictTexts
    explain: ExplainTexts


def make_answers(
    *, predict: Predict, predict_range: PredictRange, texts: Texts, outcomes: FindOutcomes, candles: CandleParts, exports: Exports
) -> Answers:
    """Bind each ask to its use case."""
    answers = Answers()

    @answers.to_batch(Ask)
    async def on_predict(asks: Sequence[Ask]) -> Sequence[Reply | bytes | PlatformError]:
        return await predict(asks)

    @answers.to(RangeAsk)
    async def on_predict_range(ask: RangeAsk) -> bytes:
        return await predict_range(ask)

    @answers.to_batch(TextsAsk)
    async def on_predict_texts(asks: Sequence[TextsAsk]) -> Sequence[Reply | bytes | PlatformError]:
        return await texts.predict(asks)

    @answers.to(ExplainAsk)
    async def on_explain_texts(ask: ExplainAsk) -> Reply:
        return await texts.explain(ask)

    @answers.to(ReadOutcomes)
    async def on_read_outcomes(ask: ReadOutcomes) -> Outcomes:
        return await outcomes(ask)

    @answers.to(ReadCandles)
    async def on_read_candles(ask: ReadCandles) -> CandlePart:
        return await candles.part(ask)

    @answers.to(ReadAccountInInference)
    async def on_read_account(ask: ReadAccountInInference) -> ExportPart:
        return await exports.part(ask.account_id, after=ask.after, most=ask.most)

    return answers


@dataclass(frozen=True, slots=True)
class Analysts:
    """Who answers asks about markets."""

    analyze: AnalyzeMarket
    recommend: Recommend
    judge: Judge
    trend: Trend
    tracking: Tracking


def bind_analysts(answers: Answers, analysts: Analysts) -> None:
    """Bind the asks about markets."""

    @answers.to(Analyze)
    async def on_analyze(ask: Analyze) -> Analysis:
        return await analysts.analyze(ask)

    @answers.to(RecommendStrategies)
    async def on_recommend(ask: RecommendStrategies) -> Recommendations:
        return await analysts.recommend(ask)

    @answers.to(JudgeCondition)
    async def on_judge(ask: JudgeCondition) -> ConditionJudged:
        return await analysts.judge(ask)

    @answers.to(ReadTracking)
    async def on_read_tracking(_: ReadTracking) -> Tracking:
        return analysts.tracking

    @answers.to(PredictTrend)
    async def on_predict_trend(ask: PredictTrend) -> TrendPredicted:
        return await analysts.trend(ask)
