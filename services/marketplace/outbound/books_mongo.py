"""The ledger in MongoDB: a booking is one transaction over wallet, reservation or purchase, and movements."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from bson import decode, encode
from pymongo import ASCENDING, ReplaceOne

from libs.chassis.stores.mongo import Database, expire, from_decimal128, to_decimal128
from libs.chassis.stores.outbox import entry_of
from libs.chassis.stores.set_aside import in_use, put_aside, readable
from libs.chassis.stores.snapshots import Snapshots, snapshots
from libs.chassis.stores.versioned import stamped
from libs.contracts.snapshots import JobCharge
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.ledger import Movement
from services.marketplace.domain.lots import Lot
from services.marketplace.domain.wallet import NEVER_BEGUN, Booking, Reservation, ReservationState, Wallet
from services.marketplace.outbound.purchases_mongo import PurchasesMongo
from services.marketplace.outbound.transactions_mongo import make_collections, transact

# What a job was charged stays in the movements; longer than any view of it can be built anew, and than its events are told again.
CLOSED_KEPT: Final = timedelta(days=400)


class BooksMongo:
    """Implements the port Books."""

    def __init__(self, database: Database, purchases: PurchasesMongo) -> None:
        self._database, self._purchases = database, purchases
        self._wallets, self._reservations = database["wallets"], database["reservations"]
        self._movements = database["movements"]

    async def prepare(self) -> None:
        """Make collections and indexes."""
        await make_collections(self._database, "wallets", "reservations", "movements")
        await self._reservations.create_index([("state", ASCENDING), ("expires_at", ASCENDING)])
        await self._reservations.create_index([("account_id", ASCENDING), ("state", ASCENDING)])
        await expire(self._reservations, "expires_at", after=CLOSED_KEPT, only={"state": ReservationState.CLOSED.value})
        await self._movements.create_index([("account_id", ASCENDING), ("cause", ASCENDING), ("at", ASCENDING)])

    async def wallet(self, account_id: str) -> Wallet:
        """Return the account's wallet; a new one when nothing was booked yet."""
        document = await self._wallets.find_one({"_id": account_id})
        return wallet_of(document) if document else Wallet(account_id)

    async def reservation(self, job_id: str) -> Reservation | None:
        """Return a job's reservation, or None when it never had one."""
        document = await self._reservations.find_one({"_id": job_id})
        return reservation_of(document) if document else None

    async def book(self, *bookings: Booking, new: Collection[str] = ()) -> Wallet:
        """Write bookings of one account and their events as a whole, and return the wallet as a reader finds it.

        Raise BooksChangedError when another writer was faster, or a job of `new` has a reservation.
        """
        wallet = bookings[-1].wallet
        document = _from_wallet(wallet)
        await transact(self._database, partial(self._write, wallet, document, bookings, new), about=wallet.account_id)
        if any(booking.events for booking in bookings):
            self._purchases.on_write()
        return wallet_of(decode(encode(document), codec_options=self._wallets.codec_options))

    def _write(self, wallet: Wallet, document: dict[str, Any], bookings: Sequence[Booking], new: Collection[str], session: Any) -> None:
        """Write all of it by the driver's blocking session."""
        books = self._database.delegate
        written = books["wallets"].replace_one(
            {"_id": wallet.account_id, "version": wallet.version},
            stamped(document, of=self._wallets),
            upsert=wallet.version == 0,
            session=session,
        )
        if not (written.matched_count or written.upserted_id):
            msg = f"the books of {wallet.account_id} changed"
            raise BooksChangedError(msg)
        documents = [self._document(booking, booking.reservation) for booking in bookings if booking.reservation]
        if known := [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents if each["_id"] not in new]:
            books["reservations"].bulk_write(known, session=session)
        for each in documents:
            if each["_id"] in new:
                books["reservations"].insert_one(each, session=session)
        if movements := [_from_movement(each) for booking in bookings for each in booking.movements]:
            books["movements"].insert_many([stamped(each, of=self._movements) for each in movements], session=session)
        for booking in bookings:
            if booking.purchase:
                self._purchases.write(booking.purchase, session, money=booking.money, events=booking.events)

    async def expired(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Reservation]:
        """Return up to `most` reservations, none of `but`, that are held and expired by this moment, the oldest first."""
        due = {"state": ReservationState.HELD.value, "expires_at": {"$lte": at}} | in_use(but=but)
        found = self._reservations.find(due).sort("expires_at", ASCENDING).limit(most)
        return await readable(found, reservation_of, of=self._reservations)

    async def charges(self, *, after: str, most: int) -> Snapshots[JobCharge]:
        """Return a page of what ended jobs were charged, in the order of their ids."""
        ended = {"state": ReservationState.CLOSED.value, "outcome": {"$nin": [None, *NEVER_BEGUN]}}
        return await snapshots(self._reservations, after=after, most=most, read=_charge_of, only=ended, but={"pending_events": 0})

    def _document(self, booking: Booking, reservation: Reservation) -> dict[str, Any]:
        # What is told of a reservation is told when it is closed for good: no later booking replaces it.
        told = [] if booking.purchase else [entry_of(event) for event in booking.events]
        return stamped(_from_reservation(reservation) | ({"pending_events": told} if told else {}), of=self._reservations)

    async def set_aside(self, reservation: Reservation, error: Exception) -> None:
        """Leave a reservation alone that cannot be worked on, until people have looked at it."""
        await put_aside(self._reservations, reservation.job_id, error)


def _from_wallet(wallet: Wallet) -> dict[str, Any]:
    hours = {name: to_decimal128(getattr(wallet, name)) for name in ("granted", "available", "reserved")}
    return {"_id": wallet.account_id, "version": wallet.version + 1, "tier": wallet.tier, "period": wallet.period, **hours} | {
        "lots": _from_lots(wallet.lots)
    }


def wallet_of(document: dict[str, Any]) -> Wallet:
    """Return the wallet of a document."""
    hours = {name: from_decimal128(document[name]) for name in ("granted", "available", "reserved")}
    return Wallet(document["_id"], document["version"], document["tier"], document["period"], **hours, lots=_to_lots(document))


def _from_lots(lots: tuple[Lot, ...]) -> list[dict[str, Any]]:
    return [{"source": lot.source, "hours": to_decimal128(lot.hours), "expires_at": lot.expires_at} for lot in lots]


def _to_lots(document: dict[str, Any], *, name: str = "lots") -> tuple[Lot, ...]:
    # Documents of before hours could be bought have none.
    return tuple(Lot(each["source"], from_decimal128(each["hours"]), each["expires_at"]) for each in document.get(name, ()))


def _from_reservation(reservation: Reservation) -> dict[str, Any]:
    return {
        "_id": reservation.job_id,
        "account_id": reservation.account_id,
        "hours": to_decimal128(reservation.hours),
        "state": reservation.state.value,
        "expires_at": reservation.expires_at,
        "outcome": reservation.outcome,
        "charged": to_decimal128(reservation.charged),
        "parts": _from_lots(reservation.parts),
    }


def reservation_of(document: dict[str, Any]) -> Reservation:
    """Return the reservation of a document."""
    return Reservation(
        job_id=document["_id"],
        account_id=document["account_id"],
        hours=from_decimal128(document["hours"]),
        state=ReservationState(document["state"]),
        expires_at=document["expires_at"],
        outcome=document["outcome"],
        charged=from_decimal128(document["charged"]),
        parts=_to_lots(document, name="parts"),
    )


def _charge_of(document: dict[str, Any]) -> JobCharge:
    return JobCharge(job_id=document["_id"], charged_hours=from_decimal128(document["charged"]))


def _from_movement(movement: Movement) -> dict[str, Any]:
    return {
        "_id": movement.id,
        "account_id": movement.account_id,
        "cause": movement.cause.value,
        "at": movement.at,
        "job_id": movement.job_id,
        "purchase_id": movement.purchase_id,
        "lines": [{"place": place.value, "hours": to_decimal128(hours)} for place, hours in movement.lines],
    }
