"""Predictions are logged behind the answers."""

from datetime import timedelta

from prometheus_client import CollectorRegistry

from libs.contracts.envelope import now
from services.inference.domain.ports import Logged
from services.inference.outbound.log_mongo import LogMongo
from tests.inference.conftest import ROW, Story


async def test_what_was_answered_is_in_the_log_when_the_service_has_stopped(story: Story) -> None:
    async with story.service():
        told = await story.ask(symbols=("AAPL", "MSFT"), rows=(ROW, None))

    logged = await story.database["predictions"].find().sort("symbol").to_list(None)
    assert [each["symbol"] for each in logged] == ["AAPL", "MSFT"]
    assert [each["prediction"] for each in logged] == [each.prediction for each in told.predictions]
    assert {each["account_id"] for each in logged} == {"account_1"}
    assert {each["at"] for each in logged} == {told.prediction_timestamp}
    assert logged[0]["as_of"] is None
    assert logged[1]["as_of"] == told.predictions[1].as_of


async def test_another_life_of_the_log_takes_effect_at_the_next_start(story: Story) -> None:
    for life in (timedelta(days=90), timedelta(days=7)):
        async with story.service(log_life=life):
            pass

    indexes = await story.database["predictions"].index_information()
    assert indexes["at_1"]["expireAfterSeconds"] == 7 * 86400


async def test_what_does_not_fit_is_dropped_and_counted(story: Story) -> None:
    registry = CollectorRegistry()
    log = LogMongo(story.database, life=timedelta(days=1), most=3, registry=registry)

    log.write([_a_prediction()] * 2)
    log.write([_a_prediction()] * 2)

    assert registry.get_sample_value("modelbourse_prediction_log_dropped_total") == 2


async def test_what_was_written_although_it_seemed_to_fail_is_there_once(story: Story) -> None:
    collection = story.database["predictions"]
    log = LogMongo(story.database, life=timedelta(days=1), most=10, registry=CollectorRegistry())
    log.write([_a_prediction(), _a_prediction()])

    async with log.running():
        pass
    (first, _) = await collection.find().to_list(None)
    log._batch = [first, dict(first, _id="prediction_new")]
    async with log.running():
        pass

    assert await collection.count_documents({}) == 3


def _a_prediction() -> Logged:
    return Logged(
        model_id="model_1",
        account_id="account_1",
        version="1.0",
        symbol="AAPL",
        prediction="BUY",
        confidence=0.5,
        as_of=None,
        synthetic=False,
        at=now(),
    )
