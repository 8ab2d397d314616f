"""Subscribe to a listed model, and change subscriptions: the marketplace decides; here it is said what no answer means."""

from dataclasses import dataclass

from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.errors import UnavailableError
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Period,
    RefundSubscription,
    SubscriptionSnapshot,
)
from libs.contracts.subscriptions import Subscribe as Ask
from services.gateway.domain.marketplace.errors import ListingNotFoundError, PurchaseAwayError, PurchasePendingError, VersionGoneError
from services.gateway.domain.marketplace.ports import ListingViews, Suspended
from services.gateway.domain.services import Marketplace
from services.gateway.domain.work import Work
from services.gateway.usecases.marketplace.check_pin import CheckPin
from services.gateway.usecases.marketplace.follow_subscriptions import FollowSubscriptions


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to subscribe to. `version` is the one to stay on, None to follow the one that serves."""

    period: Period
    auto_renew: bool
    payment_method: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The same work twice is one charge: it has the same subscription id."""

    marketplace: Marketplace
    follow: FollowSubscriptions
    views: ListingViews
    suspended: Suspended
    check_pin: CheckPin

    async def __call__(self, listing_id: str, *, account_id: str, wish: Wish, work: Work) -> SubscriptionSnapshot:
        """Return the paid subscription; it follows the version that serves where the one to stay on went in the same moment.

        Raise AskRefusedError (own, unknown or doubled listing, declined, a provider that does not answer), PurchasePendingError,
        PurchaseAwayError, ListingNotFoundError while its seller is suspended, or VersionGoneError before anything is asked.
        """
        await self._check_seller(listing_id)
        await self.check_pin.of_listing(listing_id, version=wish.version)
        ask = Ask(
            subscription_id=work.new_id("subscription"),
            listing_id=listing_id,
            account_id=account_id,
            period=wish.period,
            auto_renew=wish.auto_renew,
            payment_method=wish.payment_method,
            version=wish.version,
        )
        try:
            told = (await self.marketplace.subscribe(ask)).subscription
        except AskTimeoutError as error:
            raise PurchasePendingError from error
        except UnavailableError as error:
            raise PurchaseAwayError from error
        followed = await self.follow.note(told)
        if await self.check_pin.hold(followed):
            return followed
        # It went while it was paid for: what is paid is answered by the version that serves.
        newest = ChangeSubscription(subscription_id=told.subscription_id, account_id=account_id, newest=True)
        return await self.follow.note((await self.marketplace.change(newest)).subscription)

    async def _check_seller(self, listing_id: str) -> None:
        suspended = await self.suspended()
        if not suspended:
            return
        try:
            listing = await self.views.get(listing_id)
        except ListingNotFoundError:
            return  # One that is not seen here yet the marketplace knows.
        if listing.seller_id in suspended:
            raise ListingNotFoundError(listing_id)


@dataclass(frozen=True, slots=True)
class ChangeSubscriptions:
    """Whoever asks afterwards sees the change. Raises AskRefusedError, AskTimeoutError or UnavailableError."""

    marketplace: Marketplace
    follow: FollowSubscriptions
    check_pin: CheckPin

    async def __call__(self, ask: ChangeSubscription | CancelSubscription) -> SubscriptionSnapshot:
        """Change one as its owner wants. Raise VersionGoneError too."""
        if isinstance(ask, CancelSubscription) or ask.version is None:
            return await self.follow.note((await self.marketplace.change(ask)).subscription)
        about, account_id = ask.subscription_id, ask.account_id
        before = await self.check_pin.of_subscription(about, account_id=account_id, version=ask.version)
        changed = await self.follow.note((await self.marketplace.change(ask)).subscription)
        if not await self.check_pin.hold(changed):
            back = ChangeSubscription(subscription_id=about, account_id=account_id, version=before, newest=before is None)
            await self.follow.note((await self.marketplace.change(back)).subscription)
            raise VersionGoneError(ask.version, archived=False)
        return changed

    async def refund(self, ask: RefundSubscription) -> SubscriptionSnapshot:
        """Give a payment back, which ends it."""
        return await self.follow.note((await self.marketplace.refund(ask)).subscription)
