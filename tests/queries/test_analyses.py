"""Analyses that an account has asked for, and deployed models: found by indexes, however many others there are."""

from datetime import timedelta

from libs.chassis.stores.mongo import Database
from libs.contracts.analyses import SignalGenerated
from libs.contracts.deployments import ModelDeployed
from libs.contracts.example_analyses import ANALYSES, ANALYSIS
from libs.contracts.examples import EXAMPLES
from services.inference.outbound.analyses_mongo import AnalysesMongo
from services.inference.outbound.deployments_mongo import DeploymentsMongo
from tests.queries.profiled import multiply, numbered, profiled


async def test_analyses(database: Database, many: int) -> None:
    woken: list[bool] = []
    life = timedelta(days=3_650)
    analyses = AnalysesMongo(database, life=life, recent_for=life, on_write=lambda: woken.append(True))
    await analyses.prepare()
    signal = next(each for each in ANALYSES if isinstance(each, SignalGenerated))
    await analyses.add(ANALYSIS, fingerprint="print", signal=signal)
    await analyses.add(ANALYSIS, fingerprint="print", signal=signal)
    await multiply(database["ai_analysis_results"], ANALYSIS.signal_id, by=many, account_id=numbered("a"), pending_events=[])

    async with profiled(database) as took:
        assert await analyses.recent("print", since=ANALYSIS.made_at) == ANALYSIS
        assert await analyses.recent("print", since=ANALYSIS.made_at + timedelta(seconds=1)) is None
        await analyses.forget(str(signal.requested_by))

    assert took.problems() == []
    assert await database["ai_analysis_results"].count_documents({}) == many
    assert woken == [True]


async def test_deployments(database: Database, many: int) -> None:
    deployments, event = DeploymentsMongo(database["deployments"]), EXAMPLES[ModelDeployed]
    assert isinstance(event, ModelDeployed)
    await deployments.prepare()
    newer = event.model_copy(update={"sequence": event.sequence + 1, "version": "9.9", "is_active": True})
    for each in (newer, event, newer):
        await deployments.note(each)
    await multiply(database["deployments"], newer.place, by=many, symbol=numbered("s"), account_id=numbered("a"))

    async with profiled(database) as took:
        assert await deployments.of(newer.symbol) == {newer.timeframe: newer}
        await deployments.forget(newer.account_id)

    assert took.problems() == []
    assert await deployments.of(newer.symbol) == {}
