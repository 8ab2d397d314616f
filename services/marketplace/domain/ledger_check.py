"""Whether an account's books add up: its wallet, its reservations, its payments and its subscriptions. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final, Protocol

from libs.contracts.ledger import LedgerFault
from services.marketplace.domain.billing import Bill, BillState
from services.marketplace.domain.ledger import Place
from services.marketplace.domain.lots import total
from services.marketplace.domain.money import MoneyPlace
from services.marketplace.domain.purchase import Purchase, PurchaseState
from services.marketplace.domain.subscription import Subscription
from services.marketplace.domain.wallet import Reservation, ReservationState, Wallet

ZERO: Final = Decimal(0)
# A reservation that nobody confirmed is given back by a sweep: later than this the sweep has not come.
SWEPT_WITHIN: Final = timedelta(minutes=15)
# Of one account: a page must be no larger than the bus carries.
FAULTS_MOST: Final = 20
GIVEN: Final = frozenset({PurchaseState.CREDITED, PurchaseState.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBooks:
    """All there is about one account, as it was at one moment.

    `hours` are the sums of all movements by place; `money` those of each purchase and payment, by its id. `reservations` are the open ones.
    `unreadable` names the documents (`collection/id`) that could not be read: the rest does not add up without them.
    """

    account_id: str
    wallet: Wallet
    hours: Mapping[str, Decimal]
    money: Mapping[str, Mapping[str, Decimal]]
    reservations: Sequence[Reservation]
    purchases: Sequence[Purchase]
    bills: Sequence[Bill]
    subscriptions: Sequence[Subscription]
    unreadable: Sequence[str] = ()


class LedgerBooks(Protocol):
    """The books of all accounts, to be checked."""

    async def next_account(self, after: str) -> str | None:
        """Return the first account behind an id that anything is booked of; None when there is none."""

    async def of(self, account_id: str) -> AccountBooks:
        """Return an account's books, all of the same moment."""

    async def settled(self, account_id: str, *, since: datetime) -> Sequence[str]:
        """Return the account's jobs that were charged or given back since then."""

    async def count(self) -> int:
        """Return how many accounts have a wallet, about."""


class LedgerWatch(Protocol):
    """What watching the books remembers, for all replicas."""

    async def place(self) -> str:
        """Return the account that was looked at last; empty before the first."""

    async def go_on(self, last: str) -> None:
        """Keep the account that was looked at last."""

    async def wrong(self, *, most: int) -> Sequence[str]:
        """Return up to `most` accounts whose books did not add up, those first that were looked at the longest ago."""

    async def note(self, account_id: str, faults: Mapping[str, int], *, at: datetime) -> None:
        """Keep how many things are wrong, by ledger; an account of which nothing is wrong is forgotten."""

    async def found(self) -> Mapping[str, int]:
        """Return how many things are wrong over all accounts, by ledger."""


def faults_of(books: AccountBooks, *, at: datetime) -> tuple[LedgerFault, ...]:
    """Return what is wrong, the first 20 things of it."""
    found = tuple(_unreadable(books)) or (*_in_hours(books, at=at), *_in_money(books), *_in_subscriptions(books))
    if len(found) <= FAULTS_MOST:
        return found
    left = len(found) - FAULTS_MOST
    more = _fault(books, "MORE", "", expected="0", found=str(left), message=f"{left} more things are wrong in the books of this account.")
    return (*islice(found, FAULTS_MOST), more)


def _unreadable(books: AccountBooks) -> Iterator[LedgerFault]:
    for each in books.unreadable:
        said = f"{each} cannot be read, so that nobody knows whether the books of this account add up."
        yield _fault(books, "UNREADABLE", each, expected="a document", found="unreadable", message=said)


def _in_hours(books: AccountBooks, *, at: datetime) -> Iterator[LedgerFault]:
    wallet = books.wallet
    has = {Place.AVAILABLE: wallet.available, Place.PURCHASED: total(wallet.lots), Place.RESERVED: wallet.reserved}
    for place, hours in has.items():
        if (moved := books.hours.get(place.value, ZERO)) != hours:
            said = f"The wallet has {hours} hours {place.value}, and its movements come to {moved}."
            yield _fault(books, "BALANCE", place.value, expected=str(moved), found=str(hours), message=said)
    if rest := sum(books.hours.values(), ZERO):
        said = f"The movements of hours come to {rest}, and each takes as much as it gives."
        yield _fault(books, "UNBALANCED", "hours", expected="0", found=str(rest), message=said)
    if (held := sum((each.hours for each in books.reservations), ZERO)) != wallet.reserved:
        said = f"The wallet has {wallet.reserved} hours reserved, and the open reservations come to {held}."
        yield _fault(books, "RESERVED", "reserved", expected=str(held), found=str(wallet.reserved), message=said)
    for each in books.reservations:
        if each.state is ReservationState.HELD and each.expires_at + SWEPT_WITHIN < at:
            said = f"The reservation of {each.job_id} has expired, and its hours were not given back."
            yield _fault(books, "RESERVATION_OVERDUE", each.job_id, expected="closed", found=each.state.value, message=said)


def _in_money(books: AccountBooks) -> Iterator[LedgerFault]:
    due = {each.id: _of_purchase(each) for each in books.purchases} | {each.id: _of_bill(each) for each in books.bills}
    for subject in sorted(due.keys() | books.money.keys()):
        expected, moved = _without_nothing(due.get(subject, {})), _without_nothing(books.money.get(subject, {}))
        if expected != moved:
            words, found = _told(expected), _told(moved)
            said = f"{subject} has moved {found}, and should have moved {words}."
            yield _fault(books, "PAYMENT", subject, expected=words, found=found, message=said)


def _in_subscriptions(books: AccountBooks) -> Iterator[LedgerFault]:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for bill in books.bills:
        if bill.state is BillState.PAID:
            paid[bill.subscription_id] += bill.amount
    known = {each.id for each in books.subscriptions}
    for each in books.subscriptions:
        if each.earned != paid[each.id]:
            said = f"{each.id} says that {each.earned} was paid for it and kept, and its payments come to {paid[each.id]}."
            yield _fault(books, "SUBSCRIPTION", each.id, expected=str(paid[each.id]), found=str(each.earned), message=said)
    for subscription_id in sorted(paid.keys() - known):
        said = f"{paid[subscription_id]} was paid for {subscription_id}, which is not there."
        yield _fault(books, "SUBSCRIPTION", subscription_id, expected="a subscription", found="none", message=said)


def _of_purchase(purchase: Purchase) -> Mapping[str, Decimal]:
    """Return where the money of a purchase lies in its state."""
    if purchase.state in GIVEN:
        return {MoneyPlace.CUSTOMER: -purchase.amount, MoneyPlace.SALES: purchase.amount}
    if purchase.state is PurchaseState.PAID:
        return {MoneyPlace.CUSTOMER: -purchase.amount, MoneyPlace.CLEARING: purchase.amount}
    return {}


def _of_bill(bill: Bill) -> Mapping[str, Decimal]:
    """Return where the money of a payment lies in its state; what was given back lies nowhere."""
    if bill.state is BillState.PAID:
        return {MoneyPlace.CUSTOMER: -bill.amount, MoneyPlace.EARNINGS: bill.amount - bill.fee, MoneyPlace.FEES: bill.fee}
    if bill.state is BillState.REFUNDING:
        return {MoneyPlace.CUSTOMER: -bill.amount, MoneyPlace.REFUNDS: bill.amount}
    return {}


def _without_nothing(sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {str(place): amount for place, amount in sums.items() if amount}


def _told(sums: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{place} {amount:+.2f}" for place, amount in sorted(sums.items())) or "nothing"


def _fault(books: AccountBooks, code: str, subject: str, *, expected: str, found: str, message: str) -> LedgerFault:
    return LedgerFault(code=code, account_id=books.account_id, subject=subject, expected=expected, found=found, message=message)
