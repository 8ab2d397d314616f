"""A model whose symbols have no live source is sold knowingly: its seller acknowledges it, and listing, records and answers say so."""

import json

import pytest

from libs.contracts.listings import ListingSubmitted
from libs.market.age import Ages
from tests.gateway.studio.selling import a_reviewer, an_offer, listed, measure
from tests.gateway.studio.subscribers import predict, subscribed
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
FIELD = "acknowledge_static_data"


async def test_without_a_live_source_a_model_is_published_only_when_its_seller_acknowledges_it(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    path = f"/models/{model_id}/publish/"

    left_out = an_offer()
    del left_out[FIELD]
    refused = [await ada.call("POST", path, offer) for offer in (left_out, an_offer(**{FIELD: False}))]
    odd = await ada.call("POST", path, an_offer(**{FIELD: "yes"}))
    taken = await ada.call("POST", path, an_offer())

    for answer in refused:
        error = answer.json()["error"]
        assert (answer.status_code, list(error["details"])) == (400, [FIELD])
        (told,) = error["details"][FIELD]
        assert "AAPL (its candles end on 2013-03-01)" in told
        assert "`acknowledge_static_data`: true" in told
    assert list(odd.json()["error"]["details"]) == [FIELD]
    assert taken.status_code == 201
    listing_id = taken.json()["listing_id"]
    (event,) = await studio.told(ListingSubmitted.topic, key=listing_id)
    assert json.loads(event["body"])["listing"]["static_data"] is True


async def test_a_listing_its_records_and_what_subscribers_are_answered_say_that_no_newer_candles_come(
    studio: World, ada: User, eve: User
) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await measure(studio, listing_id, model_id)
    await subscribed(eve, listing_id)

    (row,) = [each for each in (await eve.get("/marketplace/"))["results"] if each["id"] == listing_id]
    listing = await eve.get(f"/marketplace/{listing_id}/")
    record = await eve.get(f"/marketplace/{listing_id}/record/")
    predicted = (await predict(eve, model_id)).json()
    explained = await eve.get(f"/models/{model_id}/explain/")

    now = Ages(3).of_symbols(["AAPL"], timeframe="1d")
    assert now is not None
    for shown in (row, listing):
        assert (shown["as_of"], shown["age_bars"], shown["stale"]) == ("2013-03-01T21:00:00.000Z", now.bars, True)
        assert "Its candles end on 2013-03-01" in shown["data_note"]
        assert "no live source" in shown["data_note"]
        assert not {"as_of", "age_bars", "stale"} & shown["reasons"].keys()
        assert shown["static_data"] is shown["performance_metrics"]["static_data"] is shown["live_performance"]["static_data"] is True
    assert [answer["static_data"] for answer in (record, predicted, explained)] == [True, True, True]


async def test_of_several_symbols_the_age_of_each_is_told_and_that_of_the_oldest_data_for_all(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    told = await ada.get(f"/models/{model_id}/explain/?symbols=NVDA,AAPL")

    assert [(each["symbol"], each["age_bars"]) for each in told["ages"]] == [("NVDA", 448), ("AAPL", 3238)]
    assert (told["data_as_of"], told["age_bars"], told["stale"]) == ("2013-03-01T21:00:00.000Z", 3238, True)
    assert all(each["as_of"] == each["timestamp"] and each["synthetic_parts"] == [] for each in told["explanations"])


async def test_a_models_results_say_how_old_the_candles_are_that_they_rest_on(studio: World, ada: User) -> None:
    model_id, draft = await studio.trained(ada), await ada.make_model()

    trained, untrained = [await ada.get(f"/models/{each}/") for each in (model_id, draft)]

    card = trained["run_card"]
    assert trained["as_of"][:10] == card["test_closes"][:10]
    assert (trained["stale"], trained["age_bars"] > 3000) == (True, True)
    assert (untrained["as_of"], untrained["age_bars"], untrained["stale"]) == (None, None, None)
    assert {"as_of", "age_bars", "stale"} <= untrained["reasons"].keys()
