"""The shop window: what is on sale, found by filters, words and order, from events alone."""

from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.listings import ListingSnapshot
from tests.gateway.studio.selling import a_reviewer, listed, measure, submitted
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
# A word that no other story has.
MARK = "markofthisshop"  # The world of these stories is its own.
SHOP: dict[str, dict[str, Any]] = {
    "swing": {"monthly_price": "10.00", "category": "MOMENTUM", "asset_classes": ["EQUITY"], "description": f"{MARK} daily (50%)"},
    "carry": {"monthly_price": "30.00", "category": "OTHER", "asset_classes": ["FX", "RATES"], "description": f"{MARK} Großes"},
    "break": {"monthly_price": "20.00", "category": "BREAKOUT", "asset_classes": ["INDEX"], "description": f"{MARK} .* daily"},
}
SHARPE = {"swing": 0.5, "carry": 1.5}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(studio: World) -> dict[str, str]:
    """Three listings by name; the last shines on generated candles alone, and the second is featured."""
    seller, reviewer = await studio.user(), await a_reviewer(studio)
    made: dict[str, str] = {}
    for name, changes in SHOP.items():
        model_id, made[name] = await listed(studio, seller, reviewer, title=f"The {name}", **changes)
        on_real = name in SHARPE
        await measure(studio, made[name], model_id, sharpe_ratio=SHARPE.get(name, 9.9), synthetic=not on_real)
    await reviewer.call("POST", f"/marketplace/{made['carry']}/feature/")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["carry", "break", "swing"]),
        ("ordering=-published_at", ["break", "carry", "swing"]),
        ("ordering=monthly_price", ["swing", "break", "carry"]),
        ("ordering=-sharpe_ratio", ["carry", "swing", "break"]),
        ("ordering=-average_rating", ["break", "carry", "swing"]),
        ("ordering=-total_subscribers", ["break", "carry", "swing"]),
        ("category=MOMENTUM", ["swing"]),
        ("max_price=20", ["break", "swing"]),
        ("min_sharpe_ratio=0.5", ["carry", "swing"]),
        ("min_sharpe_ratio=-1&max_price=15.5", ["swing"]),
        ("asset_classes=FX,INDEX", ["carry", "break"]),
        ("asset_classes=CRYPTO", []),
        (f"search={MARK}%20DAILY", ["break", "swing"]),
        (f"search={MARK}%20.*", ["break"]),
        (f"search={MARK}%20(50%25)", ["swing"]),
        (f"search={MARK}%20gro%C3%9Fes", ["carry"]),
    ],
)
async def test_listings_are_found_in_order(ada: User, shop: dict[str, str], query: str, names: list[str]) -> None:
    path = query if "search=" in query else f"search={MARK}&{query}"

    rows = (await ada.get(f"/marketplace/?{path}"))["results"]

    assert [row["title"].removeprefix("The ") for row in rows] == names
    assert {row["id"] for row in rows} <= set(shop.values())


async def test_the_list_has_pages(ada: User, shop: dict[str, str]) -> None:
    first = await ada.get(f"/marketplace/?search={MARK}&page_size=2")
    second = (await ada.http.get(first["next"])).json()

    assert (first["count"], len(first["results"]), [row["id"] for row in second["results"]]) == (3, 2, [shop["swing"]])
    assert second["previous"] is not None


async def test_a_seller_stands_with_models_on_sale(ada: User, shop: dict[str, str]) -> None:
    seller = (await ada.get(f"/marketplace/{shop['swing']}/"))["seller"]

    assert (seller["total_models"], seller["rating"]) == (3, None)
    assert (await ada.get(f"/marketplace/?seller={seller['id']}"))["count"] == 3


async def test_both_records_are_shown_and_never_mixed(studio: World, ada: User) -> None:
    model_id, listing_id = await listed(studio, await studio.user(), await a_reviewer(studio))

    unmeasured = await ada.get(f"/marketplace/{listing_id}/")
    await measure(studio, listing_id, model_id, sharpe_ratio=0.7)
    await measure(studio, listing_id, model_id, kind="live", sharpe_ratio=None, reasons={"sharpe_ratio": "No candle is newer."})
    shown = await ada.get(f"/marketplace/{listing_id}/")

    assert unmeasured["performance_metrics"]["reasons"]["sharpe_ratio"] == "The platform has not measured it yet."
    assert (shown["performance_metrics"]["sharpe_ratio"], shown["live_performance"]["sharpe_ratio"]) == (0.7, None)
    assert shown["live_performance"]["reasons"]["sharpe_ratio"] == "No candle is newer."


async def test_only_reviewers_see_what_waits(studio: World, ada: User, eve: User) -> None:
    reviewer = await a_reviewer(studio)
    _, listing_id = await submitted(studio, ada)

    waiting = await reviewer.get("/marketplace/?status=PENDING_REVIEW&page_size=100")
    refused = await eve.call("GET", "/marketplace/?status=PENDING_REVIEW")
    own = await ada.get("/marketplace/?status=PENDING_REVIEW&seller=me")

    assert listing_id in [row["id"] for row in waiting["results"]]
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PERMISSION_DENIED")
    assert [row["id"] for row in own["results"]] == [listing_id]
    assert (await reviewer.get(f"/marketplace/{listing_id}/"))["status"] == "PENDING_REVIEW"


@pytest.mark.parametrize("verb", ["approve", "reject", "feature", "unfeature"])
async def test_only_reviewers_review(studio: World, ada: User, verb: str) -> None:
    _, listing_id = await submitted(studio, ada)

    answer = await ada.call("POST", f"/marketplace/{listing_id}/{verb}/", {"reason": "Mine is good."})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


async def test_a_reviewers_word_on_what_is_gone_is_refused(studio: World, ada: User) -> None:
    reviewer = await a_reviewer(studio)
    model_id, listing_id = await submitted(studio, ada)
    await ada.call("POST", f"/models/{model_id}/unpublish/")

    answer = await reviewer.call("POST", f"/marketplace/{listing_id}/approve/")

    assert (answer.status_code, answer.json()["error"]["details"]) == (400, {"status": ["It is withdrawn."]})


async def test_older_news_of_a_listing_changes_nothing(studio: World, ada: User) -> None:
    _, listing_id = await listed(studio, ada, await a_reviewer(studio))
    views = studio.gateway.platform.listings
    known = await views.get(listing_id)

    older = ListingSnapshot.model_validate({**known.model_dump(), "sequence": known.sequence - 1, "subscribers": 99})
    await views.apply(older)

    assert (await views.get(listing_id)).subscribers == 0
