"""What stories about subscriptions say: models on sale, who subscribes to them, and what the books say then."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from libs.chassis.stores.mongo import from_decimal128
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import Listed, ListingSnapshot, PublishModel, ReviewListing, WithdrawListing
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Leasing,
    Period,
    RateListing,
    ReadLeasing,
    RefundSubscription,
    Subscribe,
    Subscribed,
    SubscriptionSnapshot,
)
from libs.contracts.training import TrainingCompleted
from tests.marketplace.market import PATIENCE_S, Market, answered
from tests.waiting import until


async def on_sale(
    market: Market, *, seller: str, price: str = "30.00", model: str | None = None, title: str = "A model"
) -> ListingSnapshot:
    """Train, submit and approve a model."""
    example, offered = EXAMPLES[TrainingCompleted], EXAMPLES[PublishModel]
    assert isinstance(example, TrainingCompleted)
    assert isinstance(offered, PublishModel)
    model = model or new_id("model")
    ids = {"event_id": new_id("event"), "job_id": new_id("job"), "model_id": model, "account_id": seller}
    await market.bus.publish(example.model_copy(update=ids | {"version": "1.0"}))

    async def known() -> bool:
        return await market.database["model_versions"].find_one({"model_id": model}) is not None

    await until(known)
    offer = offered.offer.model_copy(update={"monthly_price": Decimal(price), "title": title})
    ask = PublishModel(listing_id=new_id("listing"), model_id=model, account_id=seller, seller_name="quant", version="1.0", offer=offer)
    await market.bus.ask(ask, within=PATIENCE_S)
    said = ReviewListing(listing_id=ask.listing_id, model_id=model, reviewer_id=new_id("account"), word="approve")
    answer = await market.bus.ask(said, within=PATIENCE_S)
    assert isinstance(answer, Listed)
    return answer.listing


async def withdraw(market: Market, listing: ListingSnapshot) -> None:
    ask = WithdrawListing(listing_id=listing.listing_id, model_id=listing.model_id, account_id=listing.seller_id)
    await market.bus.ask(ask, within=PATIENCE_S)


def wanted(
    listing: ListingSnapshot | SubscriptionSnapshot,
    *,
    account: str,
    period: Period = Period.MONTHLY,
    method: str = "credit_card",
    **more: Any,
) -> Subscribe:
    """What a subscriber asks for."""
    given = {"subscription_id": new_id("subscription"), "auto_renew": True} | more
    return Subscribe(listing_id=listing.listing_id, account_id=account, period=period, payment_method=method, **given)


async def subscribe(market: Market, listing: ListingSnapshot | SubscriptionSnapshot, *, account: str, **more: Any) -> SubscriptionSnapshot:
    return await ask(market, wanted(listing, account=account, **more))


async def ask(market: Market, said: Subscribe | CancelSubscription | ChangeSubscription | RefundSubscription) -> SubscriptionSnapshot:
    answer = await answered(market, said)
    assert isinstance(answer, Subscribed)
    return answer.subscription


async def cancel(market: Market, told: SubscriptionSnapshot) -> SubscriptionSnapshot:
    return await ask(market, CancelSubscription(subscription_id=told.subscription_id, account_id=told.subscriber_id))


async def refund(market: Market, told: SubscriptionSnapshot | str, reason: str = "Charged by mistake.") -> SubscriptionSnapshot:
    named = told if isinstance(told, str) else told.subscription_id
    return await ask(market, RefundSubscription(subscription_id=named, admin_id=new_id("account"), reason=reason))


async def rate(market: Market, listing: ListingSnapshot, *, account: str, rating: int, comment: str = "") -> ListingSnapshot:
    ask = RateListing(listing_id=listing.listing_id, account_id=account, rating=rating, comment=comment)
    answer = await market.bus.ask(ask, within=PATIENCE_S)
    assert isinstance(answer, Listed)
    return answer.listing


async def leasing(market: Market, *, seller: str) -> Leasing:
    answer = await market.bus.ask(ReadLeasing(account_id=seller), within=PATIENCE_S)
    assert isinstance(answer, Leasing)
    return answer


async def listing_is(market: Market, listing: ListingSnapshot, **numbers: Any) -> None:
    """Wait until a listing has these numbers."""

    async def there() -> bool:
        found = await market.database["listings"].find_one({"_id": listing.listing_id})
        assert found is not None
        said = found | {"revenue": str(from_decimal128(found["revenue"]))}
        return all(said[name] == number for name, number in numbers.items())

    await until(there, what=f"the listing's {numbers}")


async def state_of(market: Market, told: SubscriptionSnapshot) -> dict[str, Any]:
    found = await market.database["subscriptions"].find_one({"_id": told.subscription_id})
    assert found is not None
    return found


async def becomes(market: Market, told: SubscriptionSnapshot, **fields: Any) -> dict[str, Any]:
    """Wait until the marketplace's own document has these fields, and return it; the clock is turned as far as that takes."""

    async def there() -> bool:
        found = await state_of(market, told)
        if all(found[name] == value for name, value in fields.items()):
            return True
        await market.pass_pauses()
        return False

    await until(there, what=f"{told.subscription_id} {fields}", within=120)
    return await state_of(market, told)


async def bills_of(market: Market, told: SubscriptionSnapshot) -> list[dict[str, Any]]:
    """Return its payments, the oldest first."""
    return await market.database["bills"].find({"subscription_id": told.subscription_id}).sort("begun_at", 1).to_list(None)


async def earnings(market: Market, *, seller: str) -> dict[str, Decimal]:
    """Sum the ledger of money by place, over all that touched a seller."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    async for movement in market.database["money_movements"].find({"seller_id": seller}):
        for line in movement["lines"]:
            sums[line["place"]] += from_decimal128(line["amount"])
    return {place: amount for place, amount in sums.items() if amount}
