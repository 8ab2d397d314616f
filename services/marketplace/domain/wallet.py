"""An account's compute credits: this month's grant, what is left of it and what is set aside for jobs.

All functions are pure: they take a wallet and return the next one with the movements that lead there.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from libs.contracts.money import price_of
from services.marketplace.domain.errors import InsufficientCreditsError, ReservationClosedError
from services.marketplace.domain.ledger import GRANT_BY_TIER, Cause, Movement, Place

ZERO: Final = Decimal(0)
Outcome = Literal["succeeded", "failed", "cancelled", "released", "expired"]
NEVER_BEGUN: Final = {"released", "expired"}


class ReservationState(StrEnum):
    """`held` expires by itself, `confirmed` waits for its job's end, `closed` is settled."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Wallet:
    """One account's balances in hours. `version` guards against lost updates; `granted` is what this period's tier gave so far."""

    account_id: str
    version: int = 0
    tier: str = "free"
    period: str = ""
    granted: Decimal = ZERO
    available: Decimal = ZERO
    reserved: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Reservation:
    """Hours set aside for one job. `period` is the month whose grant they are of; empty in old books, which stands for the wallet's own."""

    job_id: str
    account_id: str
    hours: Decimal
    state: ReservationState
    expires_at: datetime
    outcome: Outcome | None = None
    charged: Decimal = ZERO
    period: str = ""

    @property
    def refund(self) -> Decimal:
        """What of its cost was not charged when it was closed, be the hours themselves available again or expired with their month."""
        return max(Decimal("0.00"), price_of(self.hours) - price_of(self.charged))


@dataclass(frozen=True, slots=True)
class Booking:
    """One change of the books, written as a whole or not at all."""

    wallet: Wallet
    reservation: Reservation | None
    movements: tuple[Movement, ...]


def open_period(wallet: Wallet, *, tier: str, at: datetime) -> tuple[Wallet, tuple[Movement, ...]]:
    """Grant this month's hours once; a higher tier within the month adds the difference, last month's rest expires."""
    period, movements = f"{at:%Y-%m}", []
    if wallet.period != period:
        if wallet.available:
            movements.append(
                _move(
                    wallet,
                    f"expiry:{wallet.period}",
                    Cause.GRANT_EXPIRY,
                    at=at,
                    path=(Place.AVAILABLE, Place.EXPIRED),
                    hours=wallet.available,
                )
            )
        wallet = replace(wallet, period=period, granted=ZERO, available=ZERO)
    due = GRANT_BY_TIER[tier] - wallet.granted
    if due > 0:
        movements.append(
            _move(wallet, f"grant:{period}:{tier}", Cause.MONTHLY_GRANT, at=at, path=(Place.GRANTS, Place.AVAILABLE), hours=due)
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
    if wallet.available < hours:
        raise InsufficientCreditsError(needed=hours, available=wallet.available, tier=tier)
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
    again = Reservation(job_id, wallet.account_id, min(hours, wallet.available), ReservationState.CONFIRMED, at)
    return _hold(wallet, again, movements, at=at)


def settle(wallet: Wallet, known: Reservation | None, *, job_id: str, outcome: Outcome, used: Decimal, at: datetime) -> Booking:
    """Close a job's reservation: used hours are charged when it succeeded or was cancelled, the rest goes back, or expires with its month.

    More hours than were set aside are taken from what is available, never below zero. A closed reservation stays as it is.
    """
    if known is not None and known.state is ReservationState.CLOSED:
        return Booking(wallet, known, ())
    if known is not None and outcome == "expired" and (known.state is not ReservationState.HELD or known.expires_at > at):
        return Booking(wallet, known, ())  # Confirmed between the sweep's look and now: its job is real.
    held = known or Reservation(job_id, wallet.account_id, ZERO, ReservationState.HELD, at)
    charged = min(used, held.hours + wallet.available) if outcome in {"succeeded", "cancelled"} else ZERO
    from_held = min(charged, held.hours)
    back, more = held.hours - from_held, charged - from_held
    lapsed = held.period not in {"", wallet.period}
    cause = Cause.GRANT_EXPIRY if lapsed else Cause.RESERVATION_EXPIRY if outcome == "expired" else Cause.REFUND
    moves = [
        _move(wallet, f"charge:{job_id}", Cause.CHARGE, at=at, path=(Place.RESERVED, Place.COMPUTE), hours=from_held, job_id=job_id),
        _move(wallet, f"overrun:{job_id}", Cause.CHARGE, at=at, path=(Place.AVAILABLE, Place.COMPUTE), hours=more, job_id=job_id),
        _move(
            wallet,
            f"{cause}:{job_id}:{held.expires_at.timestamp():.3f}",
            cause,
            at=at,
            path=(Place.RESERVED, Place.EXPIRED if lapsed else Place.AVAILABLE),
            hours=back,
            job_id=job_id,
        ),
    ]
    wallet = replace(wallet, reserved=wallet.reserved - held.hours, available=wallet.available + (ZERO if lapsed else back) - more)
    closed = replace(held, state=ReservationState.CLOSED, outcome=outcome, charged=charged)
    return Booking(wallet, closed, tuple(move for move in moves if move.hours))


def _hold(wallet: Wallet, reservation: Reservation, movements: tuple[Movement, ...], *, at: datetime) -> Booking:
    hours, job_id = reservation.hours, reservation.job_id
    key = f"reservation:{job_id}:{reservation.expires_at.timestamp():.3f}"
    move = _move(wallet, key, Cause.RESERVATION, at=at, path=(Place.AVAILABLE, Place.RESERVED), hours=hours, job_id=job_id)
    wallet = replace(wallet, available=wallet.available - hours, reserved=wallet.reserved + hours)
    return Booking(wallet, replace(reservation, period=wallet.period), (*movements, *((move,) if hours else ())))


def _move(
    wallet: Wallet,
    key: str,
    cause: Cause,
    *,
    at: datetime,
    path: tuple[Place, Place],
    hours: Decimal,
    job_id: str | None = None,
) -> Movement:
    source, target = path
    return Movement(f"{wallet.account_id}:{key}", wallet.account_id, cause, at, source, target, hours, job_id)
