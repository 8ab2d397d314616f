"""Bought hours come into a wallet when they are paid, and leave it when they have expired. Pure, as all of the wallet's moves."""

from dataclasses import replace
from datetime import datetime

from libs.contracts.marketplace import CreditsExpired, CreditsPurchased
from services.marketplace.domain.ledger import Cause, Movement, Place
from services.marketplace.domain.lots import Lot, added, month_after, taken_from, total
from services.marketplace.domain.purchase import Purchase, PurchaseState
from services.marketplace.domain.wallet import Booking, Wallet, open_period


def credit(wallet: Wallet, purchase: Purchase, *, at: datetime) -> Booking:
    """Add a paid purchase's hours, which end a month from now; one that has them already stays as it is."""
    if purchase.state is not PurchaseState.PAID:
        return Booking(wallet, None, (), purchase)
    wallet, movements = open_period(wallet, tier=purchase.tier, at=at)
    lot = Lot(purchase.id, purchase.hours, month_after(at))
    wallet = replace(wallet, lots=added(wallet.lots, (lot,)))
    credited, sale = purchase.credited(at=at, expires_at=lot.expires_at, available_hours=wallet.usable(at=at))
    event = CreditsPurchased(
        occurred_at=at,
        sequence=1,
        transaction_id=purchase.id,
        account_id=purchase.account_id,
        hours=purchase.hours,
        amount=purchase.amount,
        expires_at=lot.expires_at,
    )
    bought = _movement(purchase, f"purchase:{purchase.id}", Cause.PURCHASE, at=at, path=(Place.SALES, Place.PURCHASED), lot=lot)
    return Booking(wallet, None, (*movements, bought), credited, (sale,), (event,))


def expire(wallet: Wallet, purchase: Purchase, *, at: datetime) -> Booking:
    """Take away what is left of a purchase whose time is over; one that has expired already stays as it is."""
    if purchase.state is not PurchaseState.CREDITED or purchase.expires_at is None or at <= purchase.expires_at:
        return Booking(wallet, None, (), purchase)
    ended = purchase.move_to(PurchaseState.EXPIRED)
    left = tuple(lot for lot in wallet.lots if lot.source == purchase.id)
    if not left:
        return Booking(wallet, None, (), ended)
    (lot,) = left
    gone = _movement(
        purchase, f"purchase_expiry:{purchase.id}", Cause.PURCHASE_EXPIRY, at=at, path=(Place.PURCHASED, Place.EXPIRED), lot=lot
    )
    event = CreditsExpired(
        occurred_at=at,
        sequence=2,
        transaction_id=purchase.id,
        account_id=purchase.account_id,
        hours=total(left),
        expired_at=purchase.expires_at,
    )
    return Booking(replace(wallet, lots=taken_from(wallet.lots, left)), None, (gone,), ended, (), (event,))


def _movement(purchase: Purchase, key: str, cause: Cause, *, at: datetime, path: tuple[Place, Place], lot: Lot) -> Movement:
    source, target = path
    return Movement(f"{purchase.account_id}:{key}", purchase.account_id, cause, at, source, target, lot.hours, purchase_id=purchase.id)
