"""The only file that knows which adapter plays which port in inference."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from libs.chassis.process import Chassis
from libs.chassis.stores.exports import Exports, Kept
from libs.chassis.stores.migrations import migrate
from libs.chassis.tasks import beside
from libs.contracts.envelope import now
from libs.market.age import Ages
from libs.quant.shapley import warm
from services.inference.analysing import make_analysing
from services.inference.inbound.asks import Texts, bind_analysts, make_answers
from services.inference.inbound.events import bind_deployments, make_facts
from services.inference.llm_parts import make_llm
from services.inference.outbound.candles_market import CandlesMarket
from services.inference.outbound.features_market import FeaturesMarket
from services.inference.outbound.histories_market import HistoriesMarket
from services.inference.outbound.live_candles_mongo import LiveCandlesMongo
from services.inference.outbound.log_mongo import LogMongo
from services.inference.outbound.meters_prometheus import MetersPrometheus
from services.inference.outbound.models_artifacts import ModelsArtifacts, TextModelsArtifacts
from services.inference.outbound.outcomes_market import OutcomesMarket
from services.inference.outbound.recipes_artifacts import RecipesArtifacts
from services.inference.outbound.schema import SCHEMA
from services.inference.scoring import make_scoring
from services.inference.settings import Settings
from services.inference.usecases.answers import AnswerWriter
from services.inference.usecases.explain_texts import ExplainTexts
from services.inference.usecases.measure_performance import MeasurePerformance
from services.inference.usecases.predict import Predict
from services.inference.usecases.predict_range import PredictRange
from services.inference.usecases.predict_texts import PredictTexts
from services.inference.usecases.read_outcomes import FindOutcomes

KEPT: Final = (
    Kept("predictions", shown=("version",)),
    Kept("ai_analysis_results", called="analyses"),
    Kept("llm_calls"),
    Kept("llm_answers"),
    Kept("signal_scores", account="owner", called="signals"),
    Kept("signal_feedback", called="feedback"),
)


def _text_models(settings: Settings, chassis: Chassis) -> TextModelsArtifacts:
    int8, most_bytes = settings.text_precision == "measured", settings.text_models_bytes
    return TextModelsArtifacts(chassis.artifacts, most=settings.text_models_most, most_bytes=most_bytes, int8=int8)


@asynccontextmanager
async def running(settings: Settings, chassis: Chassis) -> AsyncIterator[None]:
    """Wire adapters to ports and run until the context ends."""
    await migrate(chassis.database, SCHEMA)
    await asyncio.to_thread(warm)
    meters, texts = MetersPrometheus(chassis.registry), _text_models(settings, chassis)
    models = ModelsArtifacts(chassis.artifacts, most=settings.models_most, most_bytes=settings.models_bytes)
    meters.watch(models, texts)
    predictions = LogMongo(chassis.database, life=settings.log_life, most=settings.log_waiting_most, registry=chassis.registry)
    features, writer = FeaturesMarket(settings.market_lake, chassis.artifacts), AnswerWriter(meters)
    ages = Ages(settings.stale_after_bars)
    predict = Predict(models, features, predictions, writer, meters, ages)
    predict_range = PredictRange(models, features, writer, meters, asyncio.Semaphore(settings.ranges_at_once), ages)
    explain_texts = ExplainTexts(texts, meters, asyncio.Semaphore(settings.texts_explained_at_once))
    live = LiveCandlesMongo(chassis.database["live_candles"])
    await live.prepare()
    measure = MeasurePerformance(
        models,
        RecipesArtifacts(chassis.artifacts),
        HistoriesMarket(settings.market_lake, chassis.artifacts, live),
        chassis.bus.publish,
        now,
    )
    llm = make_llm(settings, chassis)
    scoring = make_scoring(settings, chassis, live=live, clock=now)
    await scoring.prepare()
    analysing = make_analysing(settings, chassis, models=models, live=live, follow=scoring.signals.score.follow, llm=llm.analyst)
    await analysing.prepare()
    forgetting = (predictions, *analysing.forgetting, llm, scoring.signals)
    facts = make_facts(models=models, measure=measure, live=live, forgetting=forgetting)
    bind_deployments(facts, deployments=analysing.deployments, models=models)
    answers = make_answers(
        predict=predict,
        predict_range=predict_range,
        texts=Texts(PredictTexts(texts, meters, settings.text_threads), explain_texts),
        outcomes=FindOutcomes(models, OutcomesMarket(settings.market_lake, chassis.artifacts)),
        candles=CandlesMarket(settings.market_lake, chassis.artifacts),
        exports=Exports(chassis.database, "inference", KEPT),
    )
    bind_analysts(answers, analysing.analysts)
    llm.bind(answers)
    scoring.signals.bind(facts, answers)
    async with (
        predictions.running(),
        llm.running(),
        chassis.bus.running(facts=facts, answers=answers),
        analysing.running(),
        beside(scoring.signals.keep_scoring()),
    ):
        chassis.ready()
        yield
