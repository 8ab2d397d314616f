"""The marketplace's documents as it tells them to who builds a view of them anew."""

from collections.abc import Sequence
from decimal import Decimal

from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.snapshots import (
    ChargeSnapshots,
    ListingSnapshots,
    ReadCharges,
    ReadListings,
    ReadSnapshots,
    ReadSubscriptions,
    SnapshotPage,
    SubscriptionSnapshots,
)
from libs.contracts.training import COMPUTE_LIMIT, JobError, TrainingFailed
from tests.marketplace.leasing import on_sale, subscribe
from tests.marketplace.market import Market
from tests.waiting import until


async def pages(market: Market, ask: ReadSnapshots) -> Sequence[SnapshotPage]:
    """Walk over all pages."""
    found: list[SnapshotPage] = []
    after: str | None = ""
    while after is not None:
        page = await market.bus.ask(ask.model_copy(update={"after": after}), within=60)
        assert isinstance(page, SnapshotPage)
        found.append(page)
        after = page.next_after
    return found


async def test_all_listings_and_subscriptions_come_page_by_page_as_events_tell_them(market: Market) -> None:
    listings = [await on_sale(market, seller=new_id("account")) for _ in range(2)]
    paid = await subscribe(market, listings[0], account=new_id("account"))

    found = await pages(market, ReadListings(most=1))
    subscribed = await pages(market, ReadSubscriptions())

    told = [listing for page in found if isinstance(page, ListingSnapshots) for listing in page.listings]
    assert [len(page.listings) for page in found if isinstance(page, ListingSnapshots)] == [1, 1]
    assert {each.listing_id for each in told} == {each.listing_id for each in listings}
    assert [each for page in subscribed if isinstance(page, SubscriptionSnapshots) for each in page.subscriptions] == [paid]


async def test_charges_are_those_of_jobs_that_have_run(market: Market) -> None:
    account = new_id("account")
    job = await market.start("1", account=account)
    await market.settle(job, account=account, outcome="succeeded", used="0.25")
    limited = await market.start("1", account=account)
    ends = {"sequence": 9, "model_id": "model_x", "account_id": account, "started_at": None, "ended_at": now()}
    used_up = JobError(type=COMPUTE_LIMIT, message="It has used what was reserved for it.")
    await market.bus.publish(TrainingFailed(job_id=limited, compute_hours=Decimal(1), attempts=1, error=used_up, logs=(), **ends))

    async def both_are_settled() -> bool:
        (page,) = await pages(market, ReadCharges())
        return isinstance(page, ChargeSnapshots) and len(page.charges) == 2

    await until(both_are_settled)
    await market.reserve("1", account=account)

    (page,) = await pages(market, ReadCharges())

    assert isinstance(page, ChargeSnapshots)
    assert [(each.job_id, each.charged_hours) for each in page.charges] == [(job, Decimal("0.25")), (limited, Decimal(1))]
