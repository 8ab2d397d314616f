"""An account's compute credits: this month's grant, what is left of it, bought hours, and what is set aside for jobs.

All functions are pure: they take a wallet and return the next one with the movements that lead there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from libs.contracts.envelope import Event
from libs.contracts.marketplace import CreditsCharged
from libs.contracts.money import ALLOWANCE_BY_TIER, price_of
from services.marketplace.domain.errors import InsufficientCreditsError, ReservationClosedError
from services.marketplace.domain.ledger import Cause, Movement, Place
from services.marketplace.domain.lots import ALLOWANCE, Lot, added, end_of_month, in_order, split, taken_from, total
from services.marketplace.domain.money import MoneyMovement
from services.marketplace.domain.purchase import Purchase

ZERO: Final = Decimal(0)
Outcome = Literal["succeeded", "failed", "limited", "cancelled", "released", "expired"]
CHARGED: Final = frozenset({"succeeded", "limited", "cancelled"})
NEVER_BEGUN: Final = frozenset({"released", "expired"})


class ReservationState(StrEnum):
    """`held` expires by itself, `confirmed` waits for its job's end, `closed` is settled."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Wallet:
    """One account's balances in hours. `version` guards against lost updates; `granted` is what this period's tier gave so far.

    `available` is what is left of the grant, `lots` what is left of each purchase.
    """

    account_id: str
    version: int = 0
    tier: str = "free"
    period: str = ""
    granted: Decimal = ZERO
    available: Decimal = ZERO
    reserved: Decimal = ZERO
    lots: tuple[Lot, ...] = ()

    def sources(self, *, at: datetime) -> tuple[Lot, ...]:
        """Return what can be used at this moment, in the order in which it is."""
        granted = Lot(ALLOWANCE, self.available, end_of_month(self.period))
        return in_order(lot for lot in (granted, *(lot for lot in self.lots if lot.lives(at))) if lot.hours)

    def usable(self, *, at: datetime) -> Decimal:
        """Return how many hours can be used at this moment."""
        return total(self.sources(at=at))

    def takes_back(self, part: Lot, *, at: datetime) -> bool:
        """Tell whether a part that was set aside can be used again: a grant's in its own month, a purchase's until it expires."""
        return part.expires_at == end_of_month(self.period) if part.source == ALLOWANCE else part.lives(at)

    def without(self, parts: tuple[Lot, ...]) -> "Wallet":
        """Return it without these parts of its sources."""
        granted = total(part for part in parts if part.source == ALLOWANCE)
        return replace(self, available=self.available - granted, lots=taken_from(self.lots, parts))


@dataclass(frozen=True, slots=True)
class Reservation:
    """Hours set aside for one job. `parts` say where they came from, in the order in which they are charged."""

    job_id: str
    account_id: str
    hours: Decimal
    state: ReservationState
    expires_at: datetime
    outcome: Outcome | None = None
    charged: Decimal = ZERO
    parts: tuple[Lot, ...] = ()

    @property
    def id(self) -> str:
        """How it is named: by its job."""
        return self.job_id

    @property
    def refund(self) -> Decimal:
        """What of its cost was not charged when it was closed, be the hours themselves available again or expired with their month."""
        return max(Decimal("0.00"), price_of(self.hours) - price_of(self.charged))


@dataclass(frozen=True, slots=True)
class Booking:
    """One change of the books, written as a whole or not at all; `events` tell of the purchase's or else the reservation's change."""

    wallet: Wallet
    reservation: Reservation | None
    movements: tuple[Movement, ...]
    purchase: Purchase | None = None
    money: tuple[MoneyMovement, ...] = ()
    events: tuple[Event, ...] = ()


def open_period(wallet: Wallet, *, tier: str, at: datetime) -> tuple[Wallet, tuple[Movement, ...]]:
    """Grant this month's hours once; a higher tier within the month adds the difference, last month's rest expires."""
    period, movements = f"{at:%Y-%m}", []
    if wallet.period != period:
        if wallet.available:
            movements.append(
                _move(
                    wallet,
                    f"expiry:{wallet.period}",
                    Cause.ALLOWANCE_EXPIRY,
                    at=at,
                    path=(Place.AVAILABLE, Place.EXPIRED),
                    hours=wallet.available,
                )
            )
        wallet = replace(wallet, period=period, granted=ZERO, available=ZERO)
    due = ALLOWANCE_BY_TIER[tier] - wallet.granted
    if due > 0:
        movements.append(
            _move(wallet, f"grant:{period}:{tier}", Cause.MONTHLY_ALLOWANCE, at=at, path=(Place.ALLOWANCES, Place.AVAILABLE), hours=due)
        )
        wallet = replace(wallet, granted=wallet.granted + due, available=wallet.available + due)
    return replace(wallet, tier=tier), tuple(movements)


def reserve(wallet: Wallet, known: Reservation | None, *, job_id: str, tier: str, hours: Decimal, at: datetime, life: timedelta) -> Booking:
    """Set hours aside for a job; a job that has its reservation keeps it as it is.

    One that was given back before its job began is made again: the same request may come once more.

    Raises InsufficientCreditsError, and ReservationClosedError when the job has ended and its credits were settled.
    """
    if known is not None and known.state is not ReservationState.CLOSED:
        return Booking(wallet, known, ())
    if known is not None and known.outcome not in NEVER_BEGUN:
        msg = f"the credits of {job_id} were settled already ({known.outcome})"
        raise ReservationClosedError(msg)
    wallet, movements = open_period(wallet, tier=tier, at=at)
    if (usable := wallet.usable(at=at)) < hours:
        raise InsufficientCreditsError(needed=hours, available=usable, tier=tier)
    reservation = Reservation(job_id, wallet.account_id, hours, ReservationState.HELD, at + life)
    return _hold(wallet, reservation, movements, at=at)


def confirm(wallet: Wallet, known: Reservation | None, *, job_id: str, tier: str, hours: Decimal, at: datetime) -> Booking:
    """Keep a reservation until its job ends, because the job is real.

    One that had expired by then, or was never seen, is made again from what the account has: the job was accepted and will run.
    """
    if known is not None and known.state is ReservationState.CONFIRMED:
        return Booking(wallet, known, ())
    if known is not None and known.state is ReservationState.HELD:
        return Booking(wallet, replace(known, state=ReservationState.CONFIRMED), ())
    if known is not None and known.outcome != "expired":
        return Booking(wallet, known, ())
    wallet, movements = open_period(wallet, tier=tier, at=at)
    # What was set aside counts, where it is known: of a job that costs nothing that is nothing, whatever bounds it.
    wanted = hours if known is None else known.hours
    again = Reservation(job_id, wallet.account_id, min(wanted, wallet.usable(at=at)), ReservationState.CONFIRMED, at)
    return _hold(wallet, again, movements, at=at)


def settle(wallet: Wallet, known: Reservation | None, *, job_id: str, outcome: Outcome, used: Decimal, at: datetime) -> Booking:
    """Close a job's reservation: used hours are charged unless it failed by an error, the rest goes back where it came from.

    Never more is charged than was set aside. A closed reservation stays as it is. What comes back of a month that is over, or of a purchase
    that has expired, is gone.
    """
    if known is not None and known.state is ReservationState.CLOSED:
        return Booking(wallet, known, ())
    if known is not None and outcome == "expired" and (known.state is not ReservationState.HELD or known.expires_at > at):
        return Booking(wallet, known, ())  # Confirmed between the sweep's look and now: its job is real.
    kept = known or Reservation(job_id, wallet.account_id, ZERO, ReservationState.HELD, at)
    charged = used if outcome in CHARGED else ZERO
    spent, back = split(kept.parts or (Lot(ALLOWANCE, kept.hours, end_of_month(wallet.period)),), charged)
    alive = tuple(part for part in back if wallet.takes_back(part, at=at))
    gone = tuple(part for part in back if part not in alive)
    cause = Cause.RESERVATION_EXPIRY if outcome == "expired" else Cause.REFUND
    moving = _Moving(wallet, job_id, at)
    moves = (
        *moving.each(spent, f"charge:{job_id}", Cause.CHARGE, source=Place.RESERVED, target=Place.COMPUTE),
        *moving.each(alive, f"{cause}:{job_id}:{kept.expires_at.timestamp():.3f}", cause, source=Place.RESERVED),
        *moving.each(gone, f"gone:{job_id}:{kept.expires_at.timestamp():.3f}", None, source=Place.RESERVED, target=Place.EXPIRED),
    )
    granted = total(part for part in alive if part.source == ALLOWANCE)
    lots = added(wallet.lots, (part for part in alive if part.source != ALLOWANCE))
    wallet = replace(wallet, reserved=wallet.reserved - kept.hours, available=wallet.available + granted, lots=lots)
    closed = replace(kept, state=ReservationState.CLOSED, outcome=outcome, charged=total(spent))
    return Booking(wallet, closed, moves, events=() if outcome in NEVER_BEGUN else (_charged(closed, at=at),))


def settle_unseen(wallet: Wallet, *, job_id: str, outcome: Outcome, used: Decimal, at: datetime) -> Booking:
    """Close a job that has ended, of which nothing is set aside: used hours are charged from what the account has.

    Its reservation may have expired during an outage; books that were restored to an earlier point may hear of a job's end before they
    hear of its request again.
    """
    begun, movements = open_period(wallet, tier=wallet.tier, at=at)
    hours = min(used, begun.usable(at=at)) if outcome in CHARGED else ZERO
    held = _hold(begun, Reservation(job_id, wallet.account_id, hours, ReservationState.CONFIRMED, at), movements, at=at)
    ended = settle(held.wallet, held.reservation, job_id=job_id, outcome=outcome, used=used, at=at)
    return replace(ended, movements=(*held.movements, *ended.movements))


def _charged(closed: Reservation, *, at: datetime) -> CreditsCharged:
    return CreditsCharged(
        occurred_at=at,
        sequence=1,
        job_id=closed.job_id,
        account_id=closed.account_id,
        reserved_hours=closed.hours,
        charged_hours=closed.charged,
        charged=price_of(closed.charged),
        refund_amount=closed.refund,
    )


def _hold(wallet: Wallet, reservation: Reservation, movements: tuple[Movement, ...], *, at: datetime) -> Booking:
    parts, _ = split(wallet.sources(at=at), reservation.hours)
    key = f"reservation:{reservation.job_id}:{reservation.expires_at.timestamp():.3f}"
    moves = _Moving(wallet, reservation.job_id, at).each(parts, key, Cause.RESERVATION, target=Place.RESERVED)
    wallet = wallet.without(parts)
    wallet = replace(wallet, reserved=wallet.reserved + reservation.hours)
    return Booking(wallet, replace(reservation, parts=parts), (*movements, *moves))


@dataclass(frozen=True, slots=True)
class _Moving:
    """Moves a job's hours, part by part, each of one source."""

    wallet: Wallet
    job_id: str
    at: datetime

    def each(
        self, parts: tuple[Lot, ...], key: str, cause: Cause | None, *, source: Place | None = None, target: Place | None = None
    ) -> Iterator[Movement]:
        """Move them between these places; None is where the part itself lies while it is the account's to use, and the cause of its end."""
        for part in parts:
            purchase_id = None if part.source == ALLOWANCE else part.source
            own = Place.PURCHASED if purchase_id else Place.AVAILABLE
            yield Movement(
                f"{self.wallet.account_id}:{key}" + (f":{purchase_id}" if purchase_id else ""),
                self.wallet.account_id,
                cause or (Cause.PURCHASE_EXPIRY if purchase_id else Cause.ALLOWANCE_EXPIRY),
                self.at,
                source or own,
                target or own,
                part.hours,
                self.job_id,
                purchase_id,
            )


def _move(
    wallet: Wallet,
    key: str,
    cause: Cause,
    *,
    at: datetime,
    path: tuple[Place, Place],
    hours: Decimal,
) -> Movement:
    source, target = path
    return Movement(f"{wallet.account_id}:{key}", wallet.account_id, cause, at, source, target, hours)
