"""Listings in MongoDB: one document each, with the events that tell of it; and the versions that can be listed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Database, from_decimal128, to_decimal128
from libs.chassis.stores.outbox import entry_of, write_with_events
from libs.chassis.stores.set_aside import IN_USE, ids_set_aside, in_use, put_aside, readable
from libs.chassis.stores.snapshots import Snapshots, snapshots
from libs.contracts.envelope import Event, Message
from libs.contracts.listings import ListingSnapshot, ListingState, Offer, Performance
from libs.contracts.records import RecordHead, Standing
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.listing_errors import AlreadyListedError, ListingNotFoundError, VersionUnknownError
from services.marketplace.domain.model_version import ModelVersion, version_id
from services.marketplace.domain.standing import Trials
from services.marketplace.outbound.transactions_mongo import make_collections

M = TypeVar("M", bound=Message)
PLAIN: Final = (
    "model_id",
    "seller_id",
    "seller_name",
    "submitted_at",
    "sequence",
    "reviewer_id",
    "reviewed_at",
    "published_at",
    "rejection_reason",
    "is_featured",
    "measure_at",
    "subscribers",
    "ratings",
    "rating_sum",
)


class ListingsMongo:
    """Implements the port Listings. `on_write` is called after writes that have events to be published."""

    def __init__(self, database: Database, *, on_write: Callable[[], None]) -> None:
        self._database, self.on_write = database, on_write
        self._listings = database["listings"]

    async def prepare(self) -> None:
        """Make the collection (others' transactions write to it) and its indexes."""
        await make_collections(self._database, "listings")
        await self._listings.create_indexes(
            [
                # One open listing a model, whoever submits two at once.
                IndexModel([("model_id", ASCENDING)], unique=True, partialFilterExpression={"is_open": True}, name="one_open"),
                IndexModel([("state", ASCENDING), ("measure_at", ASCENDING)]),
                IndexModel([("reviewed_at", DESCENDING)]),
                IndexModel([("seller_id", ASCENDING), ("submitted_at", ASCENDING), ("_id", ASCENDING)]),
                IndexModel(
                    [("seller_id", ASCENDING), ("backtest.symbols", ASCENDING)], partialFilterExpression={"is_open": True}, name="tried"
                ),
            ]
        )

    async def get(self, listing_id: str) -> Listing:
        """Return a listing. Raise ListingNotFoundError."""
        document = await self._listings.find_one({"_id": listing_id}, {"pending_events": 0})
        if document is None:
            raise ListingNotFoundError(listing_id)
        return _from_document(document)

    async def add(self, listing: Listing, *events: Event) -> Listing:
        """Keep a new listing with its events; one that is known under its id is returned as it stands. Raise AlreadyListedError."""
        document = _to_document(listing) | {"_id": listing.id, "version": 1, "pending_events": [entry_of(event) for event in events]}
        try:
            await self._listings.insert_one(document)
        except DuplicateKeyError as error:
            try:
                return await self.get(listing.id)
            except ListingNotFoundError:
                raise AlreadyListedError from error
        self.on_write()
        return replace(listing, version=1)

    async def save(self, listing: Listing, *events: Event) -> None:
        """Write a listing and the events that tell of it, in one write. Raise BooksChangedError for a lost race, or OutboxFullError."""
        unchanged = {"_id": listing.id, "version": listing.version}
        change = {"$set": _to_document(listing), "$inc": {"version": 1}}
        if not await write_with_events(self._listings, unchanged, change, events):
            msg = f"the listing {listing.id} changed"
            raise BooksChangedError(msg)
        if events:
            self.on_write()

    async def due(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Listing]:
        """Return up to `most` listings, none of `but`, whose records are due to be measured, the longest due first."""
        due = {"state": ListingState.LISTED.value, "measure_at": {"$lte": at}} | in_use(but=but)
        found = self._listings.find(due, {"pending_events": 0}).sort("measure_at", ASCENDING).limit(most)
        return await readable(found, _from_document, of=self._listings)

    async def page(self, *, after: str, most: int) -> Snapshots[ListingSnapshot]:
        """Return a page of all listings in the order of their ids."""
        return await snapshots(
            self._listings, after=after, most=most, read=lambda each: _from_document(each).told(), but={"pending_events": 0}
        )

    async def set_aside(self, listing_id: str, error: Exception) -> None:
        """Leave a listing alone that cannot be worked on, until people have looked at it."""
        await put_aside(self._listings, listing_id, error)

    async def aside(self) -> Sequence[str]:
        """Return the listings that are left alone."""
        return await ids_set_aside(self._listings)

    async def of_seller(self, seller_id: str) -> list[Listing]:
        """Return all listings of a seller, the oldest first."""
        found = self._listings.find({"seller_id": seller_id} | IN_USE, {"pending_events": 0})
        return await readable(found.sort([("submitted_at", ASCENDING), ("_id", ASCENDING)]), _from_document, of=self._listings)

    async def counting(self, version: ModelVersion) -> list[Listing]:
        """Return an account's open listings whose record shares a symbol and the timeframe with a trained version, the oldest first."""
        shared: dict[str, Any] = {"seller_id": version.account_id, "is_open": True}
        shared |= {} if version.symbols is None else {"backtest.symbols": {"$in": list(version.symbols)}}
        shared |= {} if version.timeframe is None else {"backtest.timeframe": version.timeframe}
        found = await self._listings.find(shared | IN_USE, {"pending_events": 0}).to_list(None)
        return sorted(await readable(found, _from_document, of=self._listings), key=lambda each: (each.submitted_at, each.id))

    async def open_ids(self) -> list[str]:
        """Return the ids of all listings that are in review or on sale."""
        return [each["_id"] async for each in self._listings.find({"is_open": True} | IN_USE, {"_id": 1})]

    async def review_times(self, *, most: int) -> Sequence[timedelta]:
        """Return how long reviewers took for what they looked at last."""
        found = self._listings.find({"reviewed_at": {"$ne": None}} | IN_USE, {"reviewed_at": 1, "submitted_at": 1})
        return await readable(found.sort("reviewed_at", DESCENDING).limit(most), _review_time, of=self._listings)


class ModelVersionsMongo:
    """Implements the port ModelVersions."""

    def __init__(self, database: Database) -> None:
        self._versions = database["model_versions"]

    async def prepare(self) -> None:
        """Make indexes."""
        await self._versions.create_indexes([IndexModel([("account_id", ASCENDING), ("symbols", ASCENDING)])])

    async def note(self, version: ModelVersion) -> None:
        """Keep a version; one that is known stays as it is."""
        await self._versions.update_one({"_id": version.id}, {"$setOnInsert": asdict(version)}, upsert=True)

    async def get(self, model_id: str, *, name: str) -> ModelVersion:
        """Return a version. Raise VersionUnknownError."""
        document = await self._versions.find_one({"_id": version_id(model_id, name)})
        if document is None:
            raise VersionUnknownError(name)
        return _version_of(document)

    async def trials(self, account_id: str, record: Performance) -> Trials:
        """Return an account's trainings that share a symbol and the timeframe with a record and whose test overlaps it."""
        assert record.since is not None and record.until is not None  # noqa: PT018  # who has no days overlaps nothing
        first, end = _midnight(record.since), _midnight(record.until) + timedelta(days=1)
        wanted: dict[str, Any] = {
            "account_id": account_id,
            # None: a training from before it was kept, which counts as if it shared it.
            "symbols": {"$in": [*record.symbols, None]},
            "timeframe": {"$in": [record.timeframe, None]},
            "$and": [
                {"$or": [{"held_out_since": None}, {"held_out_since": {"$lt": end}}]},
                {"$or": [{"held_out_until": None}, {"held_out_until": {"$gte": first}}]},
            ],
        }
        known = {"$sum": {"$cond": [{"$isNumber": "$sharpe_ratio"}, 1, 0]}}
        sums = {"count": {"$sum": 1}, "known": known, "deviation": {"$stdDevSamp": "$sharpe_ratio"}}
        found = await self._versions.aggregate([{"$match": wanted}, {"$group": {"_id": None, **sums}}]).to_list(1)
        if not found:
            return Trials(0, 0, None)
        deviation = found[0]["deviation"]
        return Trials(found[0]["count"], found[0]["known"], None if deviation is None else deviation**2)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _to_document(listing: Listing) -> dict[str, Any]:
    parts = {"backtest": listing.backtest, "live": listing.live, "standing": listing.standing, "record": listing.record}
    return {name: getattr(listing, name) for name in PLAIN} | {
        "state": listing.state.value,
        "is_open": listing.is_open,
        "static_data": listing.static_data,
        "offer": listing.offer.model_dump(mode="json"),
        "submitted": asdict(listing.submitted),
        "revenue": to_decimal128(listing.revenue),
        **{name: told.model_dump(mode="json") if told else None for name, told in parts.items()},
    }


def _from_document(document: dict[str, Any]) -> Listing:
    return Listing(
        id=document["_id"],
        version=document["version"],
        state=ListingState(document["state"]),
        offer=Offer.model_validate(document["offer"]),
        submitted=_version_of(document["submitted"]),
        revenue=from_decimal128(document["revenue"]),
        backtest=_part_of(Performance, document["backtest"]),
        live=_part_of(Performance, document["live"]),
        standing=_part_of(Standing, document.get("standing")),
        record=_part_of(RecordHead, document.get("record")),
        static_data=document.get("static_data", False),
        **{name: document[name] for name in PLAIN},
    )


def _review_time(document: dict[str, Any]) -> timedelta:
    took: timedelta = document["reviewed_at"] - document["submitted_at"]
    return took


def _part_of(kind: type[M], document: dict[str, Any] | None) -> M | None:
    return kind.model_validate(document) if document else None


def _version_of(document: dict[str, Any]) -> ModelVersion:
    # What a version from before a field was kept lacks is the field's default.
    known = {name: document[name] for name in ModelVersion.__slots__ if name in document}
    symbols = known.get("symbols")
    return ModelVersion(**{**known, "symbols": None if symbols is None else tuple(symbols)})
