"""The ledger in MongoDB: a booking is one transaction over wallet, reservation and movements."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError, OperationFailure

from libs.chassis.mongo import Database, from_decimal128, to_decimal128
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.ledger import Movement
from services.marketplace.domain.wallet import Booking, Reservation, ReservationState, Wallet

WRITE_CONFLICT = "TransientTransactionError"


class BooksMongo:
    """Implements the port Books."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._wallets, self._reservations = database["wallets"], database["reservations"]
        self._movements = database["movements"]

    async def prepare(self) -> None:
        """Make collections (a transaction cannot) and indexes."""
        known = set(await self._wallets.database.list_collection_names())
        for collection in (self._wallets, self._reservations, self._movements):
            if collection.name not in known:
                await self._make(collection.name)
        await self._reservations.create_index([("state", ASCENDING), ("expires_at", ASCENDING)])
        await self._movements.create_index([("account_id", ASCENDING), ("at", ASCENDING)])

    async def _make(self, name: str) -> None:
        try:
            await self._wallets.database.create_collection(name)
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:  # Another process of ours was faster.
                raise

    async def wallet(self, account_id: str) -> Wallet:
        """Return the account's wallet; a new one when nothing was booked yet."""
        document = await self._wallets.find_one({"_id": account_id})
        return _to_wallet(document) if document else Wallet(account_id)

    async def reservation(self, job_id: str) -> Reservation | None:
        """Return a job's reservation, or None when it never had one."""
        document = await self._reservations.find_one({"_id": job_id})
        return _to_reservation(document) if document else None

    async def book(self, booking: Booking) -> None:
        """Write a booking as a whole. Raise BooksChangedError when another writer was faster."""
        try:
            async with await self._client.start_session() as session, session.start_transaction():
                await self._write(booking, session)
        except DuplicateKeyError as error:
            msg = f"the books of {booking.wallet.account_id} changed"
            raise BooksChangedError(msg) from error
        except OperationFailure as error:
            if not error.has_error_label(WRITE_CONFLICT):
                raise
            msg = f"the books of {booking.wallet.account_id} are being changed"
            raise BooksChangedError(msg) from error

    async def _write(self, booking: Booking, session: Any) -> None:
        wallet = booking.wallet
        written = await self._wallets.replace_one(
            {"_id": wallet.account_id, "version": wallet.version}, _from_wallet(wallet), upsert=wallet.version == 0, session=session
        )
        if not (written.matched_count or written.upserted_id):
            msg = f"the books of {wallet.account_id} changed"
            raise BooksChangedError(msg)
        if booking.reservation:
            document = _from_reservation(booking.reservation)
            await self._reservations.replace_one({"_id": document["_id"]}, document, upsert=True, session=session)
        if booking.movements:
            await self._movements.insert_many([_from_movement(each) for each in booking.movements], session=session)

    async def expired(self, *, at: datetime, most: int) -> list[Reservation]:
        """Return up to `most` reservations that are held and expired by this moment, the oldest first."""
        due = {"state": ReservationState.HELD.value, "expires_at": {"$lte": at}}
        found = self._reservations.find(due).sort("expires_at", ASCENDING)
        return [_to_reservation(document) for document in await found.to_list(most)]


NAMESPACE_EXISTS = 48


def _from_wallet(wallet: Wallet) -> dict[str, Any]:
    hours = {name: to_decimal128(getattr(wallet, name)) for name in ("granted", "available", "reserved")}
    return {"_id": wallet.account_id, "version": wallet.version + 1, "tier": wallet.tier, "period": wallet.period, **hours}


def _to_wallet(document: dict[str, Any]) -> Wallet:
    hours = {name: from_decimal128(document[name]) for name in ("granted", "available", "reserved")}
    return Wallet(document["_id"], document["version"], document["tier"], document["period"], **hours)


def _from_reservation(reservation: Reservation) -> dict[str, Any]:
    return {
        "_id": reservation.job_id,
        "account_id": reservation.account_id,
        "hours": to_decimal128(reservation.hours),
        "state": reservation.state.value,
        "expires_at": reservation.expires_at,
        "outcome": reservation.outcome,
        "charged": to_decimal128(reservation.charged),
        "period": reservation.period,
    }


def _to_reservation(document: dict[str, Any]) -> Reservation:
    return Reservation(
        job_id=document["_id"],
        account_id=document["account_id"],
        hours=from_decimal128(document["hours"]),
        state=ReservationState(document["state"]),
        expires_at=document["expires_at"],
        outcome=document["outcome"],
        charged=from_decimal128(document["charged"]),
        period=document.get("period", ""),
    )


def _from_movement(movement: Movement) -> dict[str, Any]:
    return {
        "_id": movement.id,
        "account_id": movement.account_id,
        "cause": movement.cause.value,
        "at": movement.at,
        "job_id": movement.job_id,
        "lines": [{"place": place.value, "hours": to_decimal128(hours)} for place, hours in movement.lines],
    }
