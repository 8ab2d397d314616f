"""The gateway's view of alerts: lists, counts and what is not over are read by their indexes."""

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.examples import EXAMPLES
from libs.contracts.monitoring import AlertRaised, AlertResolved
from services.gateway.domain.alerts import AlertFilter
from services.gateway.outbound.alerts_mongo import AlertsMongo
from tests.queries.profiled import multiply, profiled


async def test_alerts(database: Database, many: int) -> None:
    alerts, raised, resolved = AlertsMongo(database["alerts"]), EXAMPLES[AlertRaised], EXAMPLES[AlertResolved]
    assert isinstance(raised, AlertRaised)
    assert isinstance(resolved, AlertResolved)
    await alerts.prepare()
    await alerts.apply(raised)
    await alerts.apply(resolved)
    await database["alerts"].drop_index("slug_1")
    await multiply(database["alerts"], raised.alert_id, by=many)
    await alerts.apply(raised.model_copy(update={"alert_id": "open"}))

    async with profiled(database) as took:
        assert [each.id for each in await alerts.not_over()] == ["open"]
        for wanted in (AlertFilter("me"), AlertFilter("me", status="resolved"), AlertFilter(None, level="medium", status="resolved")):
            assert len((await alerts.find(Part(20), wanted)).items) == 20
        assert await alerts.count(account_id="me") == {("medium", "resolved"): many + 1, ("medium", "open"): 1}

    assert took.problems(counted=many + 2) == []
