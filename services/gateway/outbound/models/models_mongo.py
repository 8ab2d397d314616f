"""Models in MongoDB: one document with its versions and its unpublished events. A deleted one stays as a trace until that is told.

Each has one of its account's numbered places, `place` while it is in use and `archive_place` while it is archived: unique indexes keep two
requests at once from both having the last that is allowed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, WriteConcern
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import Order, read_part
from libs.chassis.stores.mongo import Collection, from_decimal128, to_decimal128
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event, now
from libs.contracts.gateway import Stage
from libs.contracts.model_specs import read_spec
from libs.contracts.recipe_runs import RecipeModelSpec
from libs.contracts.training import MARKET, ModelType, TrainingResult, TrainingSpec
from services.gateway.domain.models.errors import ModelChangedError, ModelNotFoundError, SlugTakenError, TooManyModelsError
from services.gateway.domain.models.model import ARCHIVED, Build, Listing, Model
from services.gateway.domain.models.ports import ModelFilter
from services.gateway.domain.models.recipe_models import standing_of
from services.gateway.domain.models.version import ModelVersion
from services.gateway.outbound.models.schedule_documents import schedule_from_document, schedule_to_document
from services.gateway.outbound.outage import store_outages
from services.gateway.outbound.slugs import NAMED, free_slug

TRACE_LIFE: Final = timedelta(days=7)
NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
# The same indexes, read backwards.
OLDEST_FIRST: Final = (("created_at", ASCENDING), ("_id", ASCENDING))
SOURCE: Final = "gateway"
NUMBERED: Final[dict[str, Any]] = {"$type": "number"}
PLACE, ARCHIVE_PLACE = "place", "archive_place"
IN_USE: Final = "none"
OF_ACCOUNT: Final = ("account_id", "deleted_at")
# A model in use whose serving version has a curve.
HAS_CURVE: Final[dict[str, Any]] = {"result.equity_curve.0": {"$exists": True}, "stage": IN_USE}
# Seen by whoever reads, but not yet on the disk.
AT_ONCE: Final = WriteConcern(w=1, j=False)
# What lists choose by, each by all the words that it may be: then one index has every list in its order, merged of those words' parts.
CHOSEN: Final = ("stage", "spec.model_type", "listing", "build")
BY_ALGORITHM: Final = ("stage", "spec.algorithm", "build")


class ModelsMongo:
    """Implements the port Models. `on_write` is called after every write that has events."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None]) -> None:
        self._models, self._on_write = collection, on_write

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in ((), CHOSEN[:2], CHOSEN):
            await self._models.create_index([*((field, ASCENDING) for field in (*OF_ACCOUNT, *chosen)), *NEWEST_FIRST])
        by_algorithm = [*((field, ASCENDING) for field in (*OF_ACCOUNT, *BY_ALGORITHM)), *NEWEST_FIRST]
        # For lists by algorithm alone: other lists would take it for theirs.
        await self._models.create_index(by_algorithm, partialFilterExpression={"spec.algorithm": {"$exists": True}})
        latest = [*((field, ASCENDING) for field in OF_ACCOUNT), ("updated_at", DESCENDING)]
        await self._models.create_index(latest, partialFilterExpression=HAS_CURVE)
        for place in (PLACE, ARCHIVE_PLACE):
            await self._models.create_index(
                [("account_id", ASCENDING), (place, ASCENDING)], unique=True, partialFilterExpression={place: NUMBERED}
            )
        await self._models.create_index([("account_id", ASCENDING), ("slug", ASCENDING)], unique=True, partialFilterExpression=NAMED)
        await self._models.create_index("deleted_at", expireAfterSeconds=int(TRACE_LIFE.total_seconds()))

    async def get(self, model_id: str, *, account_id: str | None, kind: str | None = MARKET) -> Model:
        """Return a model of this account (of anybody, for None) and kind (of any, for None). Raise ModelNotFoundError."""
        wanted: dict[str, Any] = {"_id": model_id, "deleted_at": None} | of_kind(kind)
        with store_outages():
            document = await self._models.find_one(wanted if account_id is None else wanted | {"account_id": account_id})
        if document is None:
            raise ModelNotFoundError(model_id)
        return model_of(document)

    async def named(self, slug: str, *, account_id: str, kind: str | None = MARKET) -> Model:
        """Return the account's model of this readable name and kind (of any, for None). Raise ModelNotFoundError."""
        wanted = {"account_id": account_id, "slug": {"$eq": slug, **NAMED["slug"]}, "deleted_at": None} | of_kind(kind)
        with store_outages():
            document = await self._models.find_one(wanted)
        if document is None:
            raise ModelNotFoundError(slug)
        return model_of(document)

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no model of the account has."""
        with store_outages():
            return await free_slug(self._models, slug, account_id=account_id)

    async def find(self, wanted: ModelFilter, part: Part) -> Page[Model]:
        """Return a part of models, the newest first, or the oldest."""
        return await self._part(_query(wanted), part, order=OLDEST_FIRST if wanted.oldest_first else NEWEST_FIRST)

    async def all_of(self, account_id: str, part: Part) -> Page[Model]:
        """Return a part of an account's models of every kind, the newest first."""
        return await self._part({"account_id": account_id, "deleted_at": None}, part)

    async def _part(self, query: dict[str, Any], part: Part, *, order: Order = NEWEST_FIRST) -> Page[Model]:
        # A list shows no curve: the largest part of a document stays where it is.
        shown = {"result.equity_curve": 0, "pending_events": 0}
        return await read_part(self._models, query, part, order=order, read=model_of, shown=shown)

    async def add(self, model: Model, *events: Event, most: int) -> None:
        """Keep a new model and tell it. Raise ModelChangedError when it is known, TooManyModelsError when its account has `most` in use."""
        await self.move(model, *events, most=most)

    async def move(self, model: Model, *events: Event, most: int) -> None:
        """Write a new, archived or restored model and tell it. Raise ModelChangedError for a lost race, TooManyModelsError."""
        taken, left = (ARCHIVE_PLACE, PLACE) if model.is_archived else (PLACE, ARCHIVE_PLACE)
        while True:
            with store_outages():
                place = await self._free_place(model, taken, most=most)
            try:
                return await self._write(model, _to_document(model) | {taken: place, left: None}, events)
            except ModelChangedError:
                with store_outages():
                    stored = await self._models.find_one({"_id": model.id}, {"version": 1})
                if model.version != (stored["version"] if stored else 0):
                    raise
                # Somebody else took the place in between.

    async def _free_place(self, model: Model, name: str, *, most: int) -> int:
        own = of_account(model.account_id, archived=model.is_archived)
        place = await self._models.count_documents(own)
        if place >= most:
            raise TooManyModelsError(most)
        if await self._models.find_one(own | {name: {"$eq": place} | NUMBERED}, {"_id": 1}):
            # Models have left their places: there are some free below.
            taken = {document[name] async for document in self._models.find(own | {name: {"$lt": most} | NUMBERED}, {name: 1})}
            place = min(set(range(most)) - taken, default=place)
        return place

    async def save(self, model: Model, *events: Event) -> None:
        """Write a model and the events that tell of it, in one write. Raise ModelChangedError for a lost race."""
        await self._write(model, _to_document(model), events)

    async def show(self, model: Model) -> None:
        """Write what a model shows of a job. Raise ModelChangedError for a lost race.

        Without waiting for the disk: the job's document is on it, and its event tells the same again (`keep`).
        """
        await self._write(model, _to_document(model), (), into=self._models.with_options(write_concern=AT_ONCE))

    async def keep(self, model_id: str) -> None:
        """Return when what a model shows is on the disk."""
        # A write that changes nothing waits for all that were before it (MongoDB, "Write Concern"); a version is above zero.
        await self._models.update_one({"_id": model_id}, {"$max": {"version": 0}})

    async def delete(self, model: Model, *events: Event) -> None:
        """Take a model away and tell it. Raise ModelChangedError for a lost race."""
        await self._write(model, {"deleted_at": now(), PLACE: None, ARCHIVE_PLACE: None, "slug": None}, events)

    async def _write(self, model: Model, fields: dict[str, Any], events: Sequence[Event], *, into: Collection | None = None) -> None:
        unchanged = {"_id": model.id, "version": model.version}
        change = {"$set": fields | {"version": model.version + 1}}
        try:
            with store_outages():
                written = await write_with_events(
                    self._models if into is None else into, unchanged, change, events, source=SOURCE, upsert=model.version == 0
                )
        except DuplicateKeyError as error:
            if model.slug is not None and "slug" in (error.details or {}).get("keyPattern", {}):
                raise SlugTakenError(model.slug) from error
            raise ModelChangedError(model.id) from error
        if not written:
            raise ModelChangedError(model.id)
        if events:
            self._on_write()


def of_kind(kind: str | None) -> dict[str, Any]:
    """Return the query for models of a kind, of any for None; documents of before there were kinds are of market models."""
    return {} if kind is None else {"spec.kind": {"$in": [None, kind]} if kind == MARKET else kind}


def of_account(account_id: str, *, archived: bool) -> dict[str, Any]:
    """Return the query for an account's models, those in use or those that are archived."""
    return {"account_id": account_id, "deleted_at": None, "stage": _state(archived=archived)}


def _state(*, archived: bool) -> str | dict[str, str]:
    return ARCHIVED if archived else {"$ne": ARCHIVED}


def _query(wanted: ModelFilter) -> dict[str, Any]:
    query: dict[str, Any] = {"account_id": wanted.account_id, "deleted_at": None}
    # Market models are those with a type, of which there is an index that counts them.
    stages = (IN_USE, ARCHIVED) if wanted.archived is None else (ARCHIVED if wanted.archived else IN_USE,)
    if wanted.algorithm is not None:
        by_algorithm = (stages, (wanted.algorithm,), wanted.builds or tuple(Build))
        return query | {name: _any_of(words) for name, words in zip(BY_ALGORITHM, by_algorithm, strict=True)}
    chosen: list[Sequence[str]] = [stages, (wanted.model_type,) if wanted.model_type else tuple(ModelType)]
    if (wanted.builds, wanted.listed) != (None, None):
        chosen += [tuple(each for each in Listing if wanted.listed in {None, each is Listing.LISTED}), wanted.builds or tuple(Build)]
    return query | {name: _any_of(words) for name, words in zip(CHOSEN, chosen, strict=False)}


def _any_of(words: Sequence[str]) -> str | dict[str, list[str]]:
    return str(words[0]) if len(words) == 1 else {"$in": [str(word) for word in words]}


def _to_document(model: Model) -> dict[str, Any]:
    return {
        "account_id": model.account_id,
        "name": model.name,
        "slug": model.slug,
        "owner": model.owner,
        "standing": standing_of(model).value if isinstance(model.spec, RecipeModelSpec) else None,
        "description": model.description,
        "spec": model.spec.model_dump(mode="json"),
        "build": model.build.value,
        "stage": ARCHIVED if model.is_archived else IN_USE,  # Of the model: each version has its own.
        "listing": model.listing.value,
        "active_job": model.active_job,
        "trainings": model.trainings,
        "ended_to": model.ended_to,
        "versions": [_version_to_document(version) for version in model.versions],
        "result": model.result.model_dump(mode="json") if model.result else None,
        "earnings": to_decimal128(model.earnings),
        "downloads": model.downloads,
        "sequence": model.sequence,
        "trimmed_to": model.trimmed_to,
        "schedule": schedule_to_document(model.schedule),
        "created_at": model.created_at,
        "updated_at": model.updated_at,
    }


def model_of(document: dict[str, Any]) -> Model:
    """Return the model of a document as it is stored."""
    spec = read_spec(document["spec"])
    result = document["result"] if isinstance(spec, TrainingSpec) else None
    model = Model(
        id=document["_id"],
        account_id=document["account_id"],
        name=document["name"],
        description=document["description"],
        spec=spec,
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        build=Build(document["build"]),
        is_archived=document["stage"] == ARCHIVED,
        listing=Listing(document["listing"]),
    )
    return replace(
        model,
        active_job=document["active_job"],
        trainings=document["trainings"],
        # One from before it was kept has heard of the end of all its trainings but the active one.
        ended_to=document.get("ended_to", document["trainings"] - (1 if document["active_job"] is None else 2)),
        versions=tuple(_version_from_document(version) for version in document["versions"]),
        result=TrainingResult.model_validate({"equity_curve": (), **result}) if result else None,
        earnings=from_decimal128(document["earnings"]) if "earnings" in document else model.earnings,
        downloads=document.get("downloads", model.downloads),
        sequence=document["sequence"],
        trimmed_to=document.get("trimmed_to", model.trimmed_to),
        schedule=schedule_from_document(document.get("schedule")),
        version=document["version"],
        slug=document.get("slug"),
        owner=document.get("owner", ""),
    )


def _version_to_document(version: ModelVersion) -> dict[str, Any]:
    return {
        "name": version.name,
        "job_id": version.job_id,
        "artifact": version.artifact,
        "made_at": version.made_at,
        "spec": version.spec.model_dump(mode="json"),
        "metrics": version.metrics,
        "plots": dict(version.plots),
        "tables": dict(version.tables),
        "stage": version.stage.value,
        "aliases": list(version.aliases),
        "expires_at": version.expires_at,
        "reported": dict(version.reported),
        "staged_at": version.staged_at,
    }


def _version_from_document(document: dict[str, Any]) -> ModelVersion:
    known = {name: document[name] for name in ModelVersion.__slots__ if name in document}
    known["spec"] = read_spec(document["spec"])
    # One from before there were stages is in none.
    known |= {"stage": Stage(document.get("stage", Stage.NONE)), "aliases": tuple(document.get("aliases", ()))}
    return ModelVersion(**known)
