"""Listings' records at the front door: their days as a chain, and what is ranked by them."""

from typing import Any

import pytest

from libs.contracts.ids import new_id
from libs.contracts.record_chain import day_hash, genesis
from libs.contracts.records import RecordDay
from tests.gateway.studio.selling import a_reviewer, listed, measure, submitted
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_everybody_can_compute_the_chain_from_the_days(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    path = f"/marketplace/{listing_id}/record/"
    empty = await eve.get(path)
    await measure(studio, listing_id, model_id)

    told, second = await eve.get(path), await eve.get(f"{path}?page=2&page_size=1")
    listing = await eve.get(f"/marketplace/{listing_id}/")

    assert (empty["count"], empty["results"]) == (0, [])
    days = told["results"]
    previous = genesis(listing_id, version=listing["model_version"])
    for day in days:
        kept = RecordDay(date=day["date"], day_return=day["return"], position=day["position"], absent=day["absent"])
        assert (day["previous"], day["hash"], day["restated"]) == (previous, day_hash(kept, previous=previous), None)
        previous = day["hash"]
    assert listing["record"] == {"days": 2, "last_day": days[-1]["date"], "hash": previous, "restated_days": 0}
    assert (second["count"], second["results"]) == (2, days[1:])
    assert (await eve.call("GET", f"{path}?page=2")).status_code == 404


async def test_a_record_is_seen_by_whoever_sees_its_listing(studio: World, ada: User, eve: User) -> None:
    reviewer, subscriber = await a_reviewer(studio), await studio.user()
    _, waiting = await submitted(studio, ada)
    model_id, gone = await listed(studio, ada, reviewer)
    await subscribed(subscriber, gone)
    await ada.call("POST", f"/models/{model_id}/unpublish/")

    async def status(user: User, listing_id: str) -> int:
        return (await user.call("GET", f"/marketplace/{listing_id}/record/")).status_code

    assert [await status(user, waiting) for user in (ada, reviewer, eve)] == [200, 200, 404]
    assert [await status(user, gone) for user in (ada, subscriber, eve)] == [200, 200, 404]
    assert await status(eve, new_id("listing")) == 404


async def test_a_short_record_is_shown_and_neither_ranked_nor_found_by_its_sharpe_ratio(studio: World, ada: User) -> None:
    seller, reviewer, word = await studio.user(), await a_reviewer(studio), "shortsandlongs"
    for title, figures in {"lucky": {"bars": 31, "total_trades": 2, "sharpe_ratio": 7.6}, "solid": {"sharpe_ratio": 0.4}}.items():
        model_id, listing_id = await listed(studio, seller, reviewer, title=title, description=word)
        await measure(studio, listing_id, model_id, **figures)

    ordered = (await ada.get(f"/marketplace/?search={word}&ordering=-sharpe_ratio"))["results"]
    found = (await ada.get(f"/marketplace/?search={word}&min_sharpe_ratio=0"))["results"]

    lucky = ordered[1]
    assert [row["title"] for row in ordered] == ["solid", "lucky"]
    assert [row["title"] for row in found] == ["solid"]
    assert (lucky["performance_metrics"]["sharpe_ratio"], lucky["ranking_sharpe_ratio"]) == (7.6, None)
    assert lucky["reasons"]["ranking_sharpe_ratio"] == (
        "It has 31 bars and 2 trades; to be ranked, a record needs at least 250 bars and 30 trades."
    )


async def test_what_was_ranked_by_an_older_platform_is_not_ranked_until_it_is_told_anew(studio: World, ada: User) -> None:
    word = "fromanolderplatform"
    model_id, listing_id = await listed(studio, await studio.user(), await a_reviewer(studio), description=word)
    await measure(studio, listing_id, model_id)
    views: Any = studio.gateway.platform.listings
    older = {"$set": {"sharpe_ratio": 9.9}, "$unset": {"ranking_sharpe_ratio": "", "told.standing": "", "told.record": ""}}
    await views._listings.update_one({"_id": listing_id}, older)

    path = f"/marketplace/?search={word}&min_sharpe_ratio=0"
    before = (await ada.get(path))["count"]
    await measure(studio, listing_id, model_id)

    assert (before, (await ada.get(path))["count"]) == (0, 1)


async def test_how_often_the_seller_tried_stands_beside_the_record(studio: World, ada: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await measure(studio, listing_id, model_id)

    record = (await ada.get(f"/marketplace/{listing_id}/"))["performance_metrics"]

    assert record["trials"] >= 1
    assert 0 < record["deflated_sharpe_ratio"] < 1
    assert record["trials_variance"] is not None
    assert (record["bars"], record["trades"], record["kurtosis"], record["skewness"]) == (408, 242, 5.4031, -0.2114)
    assert record["baselines"]["buy_and_hold"]["sharpe_ratio"] == 0.9673
    assert record["sharpe_interval"]["low"] < record["sharpe_ratio"] < record["sharpe_interval"]["high"]
