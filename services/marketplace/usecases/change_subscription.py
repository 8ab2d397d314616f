"""Change a subscription as its owner wants it: renew or not, stay on a version or not, pay with the card on file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from libs.contracts.subscriptions import ChangeSubscription, Subscribed, SubscriptionState
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.payments import ON_FILE
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription import Subscription
from services.marketplace.domain.subscription_errors import (
    SubscriptionBusyError,
    SubscriptionNotFoundError,
    SubscriptionOverError,
    UnknownVersionError,
)
from services.marketplace.domain.subscription_events import with_cancelled, with_changed
from services.marketplace.domain.subscription_ports import Sales, Subscriptions

ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class ChangeIt:
    """The same change twice is one: the second changes nothing and tells nothing."""

    subscriptions: Subscriptions
    sales: Sales
    clock: Clock

    async def cancel(self, subscription_id: str, *, account_id: str) -> Subscribed:
        """Do not renew it. Raise SubscriptionNotFoundError, SubscriptionOverError, or SubscriptionBusyError while it is not paid yet."""
        return await self._until_written(subscription_id, account_id, lambda known, at: known.cancelled(at=at))

    async def __call__(self, ask: ChangeSubscription) -> Subscribed:
        """Change it. Raise as above (SubscriptionBusyError while any payment is under way), or UnknownVersionError."""
        known = await self._usable(ask.subscription_id, account_id=ask.account_id, at=self.clock())
        if ask.version is not None and not await self.sales.has_version(known.model_id, ask.version):
            raise UnknownVersionError(ask.version)

        def change(known: Subscription, at: datetime) -> Subscription:
            if known.bill_id is not None:
                raise SubscriptionBusyError(known.id)
            auto_renew = known.auto_renew if ask.auto_renew is None else ask.auto_renew
            pinned = None if ask.newest else ask.version or known.pinned
            method = ON_FILE if ask.card_on_file else known.method
            return known.changed(auto_renew=auto_renew, pinned=pinned, method=method, at=at)

        return await self._until_written(ask.subscription_id, ask.account_id, change)

    async def _until_written(
        self, subscription_id: str, account_id: str, change: Callable[[Subscription, datetime], Subscription]
    ) -> Subscribed:
        attempt = 0
        while True:
            attempt += 1
            at = self.clock()
            known = await self._usable(subscription_id, account_id=account_id, at=at)
            changed = change(known, at)
            if changed == known:
                return Subscribed(subscription=known.told())
            cancelled = changed.state is SubscriptionState.CANCELLED and known.state is not SubscriptionState.CANCELLED
            told, event = (with_cancelled if cancelled else with_changed)(changed, at=at)
            try:
                await self.subscriptions.note(told, event=event)
            except BooksChangedError:
                if attempt == ATTEMPTS:
                    raise
            else:
                return Subscribed(subscription=told.told())

    async def _usable(self, subscription_id: str, *, account_id: str, at: datetime) -> Subscription:
        known = await self.subscriptions.get(subscription_id)
        if known.subscriber_id != account_id:
            raise SubscriptionNotFoundError(subscription_id)
        if known.state is SubscriptionState.PENDING:
            raise SubscriptionBusyError(subscription_id)
        if not known.state.usable or known.is_over(at):
            raise SubscriptionOverError(subscription_id)
        return known
