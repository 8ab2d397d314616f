"""A subscription to a listed model: what it can be used for, until when, and what comes after."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.subscriptions import EndReason, Period, SubscriptionSnapshot, SubscriptionState
from services.marketplace.domain.billing import Bill, BillKind
from services.marketplace.domain.errors import IllegalMoveError
from services.marketplace.domain.periods import MONTHS, months_after

# A declined renewal is tried again after each third of the grace, and for the last time at its end.
TRIES_IN_GRACE: Final = 3
MOVES: Final = {
    SubscriptionState.PENDING: {SubscriptionState.ACTIVE, SubscriptionState.DECLINED},
    SubscriptionState.ACTIVE: {SubscriptionState.CANCELLED, SubscriptionState.EXPIRED},
    SubscriptionState.CANCELLED: {SubscriptionState.ACTIVE, SubscriptionState.EXPIRED},
    SubscriptionState.EXPIRED: set[SubscriptionState](),
    SubscriptionState.DECLINED: set[SubscriptionState](),
}
OPEN: Final = frozenset({SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Terms:
    """The platform's terms: its part of each payment, and how long after a period's end its renewal is tried."""

    fee_rate: Decimal
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Run:
    """Periods that follow each other without a gap: they are counted from `first`, so that their ends do not drift.

    `began` is when the present period began, `months` how many are paid from `first` on.
    """

    first: datetime
    months: int
    began: datetime

    @property
    def ends(self) -> datetime:
        """The end of what is paid."""
        return months_after(self.first, self.months)

    def followed_by(self, period: Period) -> "Run":
        """Return the run with another period at its end."""
        return Run(self.first, self.months + MONTHS[period], self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription. `version` guards against lost updates, `sequence` numbers its events, `grace` is how long a renewal is tried.

    `bill_id` is the payment under way (there is one at most), `last_bill_id` the last that was paid, `number` counts those that were begun.
    `pinned` is the model version that its owner stays on. `due_at` says when the scheduler looks at it again, `was_due_at` when it
    would have without the payment under way; `cancelled_bill_id` is the payment during which its owner cancelled.
    """

    id: str
    listing_id: str
    model_id: str
    title: str
    seller_id: str
    subscriber_id: str
    period: Period
    price: Decimal
    method: str
    auto_renew: bool
    pinned: str | None
    begun_at: datetime
    grace: timedelta
    state: SubscriptionState = SubscriptionState.PENDING
    run: Run | None = None
    bill_id: str | None = None
    last_bill_id: str | None = None
    number: int = 1
    due_at: datetime | None = None
    was_due_at: datetime | None = None
    started_at: datetime | None = None
    paid: Decimal = Decimal("0.00")
    earned: Decimal = Decimal("0.00")
    renewals: int = 0
    cancelled_at: datetime | None = None
    cancelled_bill_id: str | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    sequence: int = 0
    version: int = 0

    @property
    def present(self) -> Run:
        """The periods that are paid; only of one that was paid at all."""
        assert self.run is not None
        return self.run

    @property
    def will_renew(self) -> bool:
        """Whether another period is to be paid for when this one ends."""
        return self.state is SubscriptionState.ACTIVE and self.auto_renew

    @property
    def usable_until(self) -> datetime:
        """Until when its model may be used: while it is to be renewed it goes on for the grace, in which that is tried."""
        if self.ended_at is not None:
            return self.ended_at
        return self.present.ends + (self.grace if self.will_renew else timedelta(0))

    def is_over(self, at: datetime) -> bool:
        """Tell whether nothing but the scheduler's word is missing to its end: it can no longer be used, and no payment is under way."""
        return self.run is not None and self.bill_id is None and at >= self.usable_until

    def move_to(self, state: SubscriptionState) -> "Subscription":
        """Return it in another state. Raise IllegalMoveError for what the table lacks."""
        if state not in MOVES[self.state]:
            raise IllegalMoveError(self.id, self.state.value, state.value)
        return replace(self, state=state)

    def billed(self, bill: Bill) -> "Subscription":
        """Note that a payment is under way."""
        return replace(self, bill_id=bill.id, number=self.number + 1, due_at=None, was_due_at=self.due_at)

    def paid_for(self, bill: Bill, *, at: datetime) -> "Subscription":
        """Note that the payment under way has come: a period begins.

        A renewal follows the period before it without a gap while that could be used, the grace included. When it comes later (the
        scheduler was away for long), the new period begins now: nobody pays for time that could not be used. A change to a longer
        period ends the present one.
        """
        run, renews = self._next_run(bill, at=at), bill.kind is BillKind.RENEWAL
        paid = replace(
            self,
            run=run,
            period=bill.period,
            price=bill.price,
            paid=bill.amount,
            earned=self.earned + bill.amount,
            started_at=self.started_at or at,
            renewals=self.renewals + (1 if renews else 0),
            bill_id=None,
            last_bill_id=bill.id,
            due_at=run.ends,
        )
        if renews:
            return paid
        wanted = replace(paid, pinned=bill.pinned, method=bill.method)
        if self.cancelled_bill_id == bill.id:
            return wanted  # Cancelled while it was being paid: that is the owner's later word.
        on = wanted if self.state is SubscriptionState.ACTIVE else wanted.move_to(SubscriptionState.ACTIVE)
        return replace(on, auto_renew=bill.auto_renew, cancelled_at=None, cancelled_bill_id=None)

    def unpaid(self, bill: Bill, *, at: datetime) -> "Subscription":
        """Note that the payment under way was declined.

        What never began does not begin; a renewal is tried again, or given up at the end of the grace; the present period of what was to
        be longer goes on.
        """
        without = replace(self, bill_id=None)
        if self.state is SubscriptionState.PENDING:
            return without.move_to(SubscriptionState.DECLINED)
        ends = self.present.ends
        if bill.kind is BillKind.UPGRADE:
            # A renewal's next try stays when it was to be; whoever cancelled meanwhile has none.
            return replace(without, due_at=self.was_due_at if self.will_renew and self.was_due_at else ends)
        if not self.will_renew or at >= ends + self.grace:
            return without.over(EndReason.UNPAID if self.will_renew else EndReason.TIME, at=at)
        return replace(without, due_at=min(at + self.grace / TRIES_IN_GRACE, ends + self.grace))

    def was_cancelled_since(self, bill: Bill) -> bool:
        """Tell whether its owner has said, after this renewal began, that there should be none."""
        return bill.kind is BillKind.RENEWAL and self.cancelled_bill_id == bill.id

    def not_renewed(self, *, at: datetime) -> "Subscription":
        """Note that the payment under way is not wanted any more: what was paid before is used to its end."""
        without, ends = replace(self, bill_id=None), self.present.ends
        return without.over(EndReason.TIME, at=at) if at >= ends else replace(without, due_at=ends)

    def over(self, reason: EndReason, *, at: datetime) -> "Subscription":
        """End it: now, or when it could last be used if that was before."""
        last = self.usable_until if reason is EndReason.UNPAID else self.present.ends
        return replace(self.move_to(SubscriptionState.EXPIRED), ended_at=min(at, last), end_reason=reason, due_at=None)

    def changed(self, *, auto_renew: bool, pinned: str | None, method: str, at: datetime) -> "Subscription":
        """Return it as its owner wants it. Not to renew is to cancel it; what is paid can be used until its end."""
        changed = replace(self, auto_renew=auto_renew, pinned=pinned, method=method)
        if not auto_renew and self.state is SubscriptionState.ACTIVE and self.auto_renew:
            return changed.cancelled(at=at)
        if auto_renew and self.state is SubscriptionState.CANCELLED:
            changed = replace(changed.move_to(SubscriptionState.ACTIVE), cancelled_at=None, cancelled_bill_id=None)
        if method != self.method and changed.will_renew and at >= self.present.ends:
            return replace(changed, due_at=at)  # A renewal that was declined has not to wait for its next try.
        return changed

    def cancelled(self, *, at: datetime) -> "Subscription":
        """Do not renew it. The second time changes nothing, unless another payment has been begun since: then this is the later word."""
        if self.state is SubscriptionState.CANCELLED:
            return self if self.bill_id is None else replace(self, cancelled_bill_id=self.bill_id)
        due_at = self.due_at and self.present.ends
        noted = replace(self, auto_renew=False, cancelled_at=at, cancelled_bill_id=self.bill_id, due_at=due_at)
        return noted.move_to(SubscriptionState.CANCELLED)

    def refunded(self, bill: Bill, *, at: datetime) -> "Subscription":
        """End it now, because its last payment is given back."""
        ended = self if self.ended_at else self.over(EndReason.REFUNDED, at=at)
        return replace(ended, earned=self.earned - bill.amount)

    def told(self) -> SubscriptionSnapshot:
        """Return what events and answers tell of it; only of one that was paid at all."""
        run = self.present
        assert self.started_at is not None
        return SubscriptionSnapshot(
            subscription_id=self.id,
            sequence=self.sequence,
            listing_id=self.listing_id,
            model_id=self.model_id,
            title=self.title,
            seller_id=self.seller_id,
            subscriber_id=self.subscriber_id,
            period=self.period,
            state=self.state,
            auto_renew=self.auto_renew,
            price=self.price,
            paid=self.paid,
            version=self.pinned,
            started_at=self.started_at,
            period_began_at=run.began,
            ends_at=run.ends,
            usable_until=self.usable_until,
            next_billing_at=(self.due_at or run.ends) if self.will_renew else None,
            renewals=self.renewals,
            cancelled_at=self.cancelled_at,
            ended_at=self.ended_at,
            end_reason=self.end_reason,
            earned=self.earned,
        )

    def _next_run(self, bill: Bill, *, at: datetime) -> Run:
        months = MONTHS[bill.period]
        if self.run is None:
            return Run(at, months, at)
        in_time = at < self.run.ends + self.grace
        if bill.kind is BillKind.RENEWAL:
            return self.run.followed_by(bill.period) if in_time else Run(at, months, at)
        # Longer from now on; from the end of the period before, where that has ended and was used on in the grace.
        begins = self.run.ends if self.will_renew and self.run.ends <= at and in_time else at
        return Run(begins, months, begins)
