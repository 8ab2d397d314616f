"""Models, jobs, listings and subscriptions as the gateway shows them: each list and count is an index look-up."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import Event, now
from libs.contracts.examples import EXAMPLES
from libs.contracts.gateway import ModelCreated
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.listings import AssetClass, Category, ListingSnapshot, ListingState, ListingSubmitted
from libs.contracts.subscriptions import ModelSubscribed, SubscriptionSnapshot, SubscriptionState
from libs.contracts.training import JobState, ModelType, Priority, TrainingRequested
from services.gateway.domain.accounts.tier_limits import Limit
from services.gateway.domain.dashboards.dashboard import Curves
from services.gateway.domain.jobs.errors import SlotTakenError
from services.gateway.domain.jobs.job import Job, requested_job
from services.gateway.domain.jobs.lists import JobFilter, JobOrder
from services.gateway.domain.jobs.ports import EveryJobFilter
from services.gateway.domain.jobs.terms import TERMS
from services.gateway.domain.marketplace.ports import ListingFilter, ListingOrder
from services.gateway.domain.models.errors import ModelBusyError, TooManyModelsError, VersionTakenError
from services.gateway.domain.models.model import Build, Listing
from services.gateway.inbound.faces.ai_studio.words import MODEL_TYPES, MODEL_WORDS, filter_of
from services.gateway.outbound.accounts.tier_use_mongo import TierUseMongo
from services.gateway.outbound.dashboard_mongo import JobActivities, ModelActivities, OverviewMongo
from services.gateway.outbound.jobs.every_job_mongo import EveryJobMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.old_jobs_mongo import OldJobsMongo
from services.gateway.outbound.jobs.past_jobs_mongo import PastJobsMongo
from services.gateway.outbound.marketplace.listings_mongo import ListingsMongo
from services.gateway.outbound.marketplace.market_activities_mongo import ListingActivities, SubscriptionActivities
from services.gateway.outbound.marketplace.subscriptions_mongo import SubscriptionsMongo
from services.gateway.outbound.models.models_mongo import ModelsMongo, model_of
from services.gateway.outbound.models.results_mongo import ResultsMongo
from services.gateway.outbound.models.retrain_turns_mongo import RetrainTurnsMongo
from tests.queries.profiled import SPARE, STEP, STEPS, N, earlier, multiply, numbered, one_of, profiled, walked

PAGE = Part(20)


def a_job() -> Job:
    example = EXAMPLES[TrainingRequested]
    assert isinstance(example, TrainingRequested)
    return replace(
        requested_job(example.model_copy(update={"account_id": "account", "model_id": "model", "job_id": "job"})),
        state=JobState.FAILED,
    )


async def test_jobs(database: Database, many: int) -> None:
    jobs, documents, at = JobsMongo(database["jobs"], on_write=int), database["jobs"], now()
    past, activities = PastJobsMongo(documents), JobActivities(documents, database["models"])
    old, every = OldJobsMongo(documents, database["models"]), EveryJobMongo(documents)
    for store in (jobs, past, activities, old, every):
        await store.prepare()
    await jobs.add(a_job(), EXAMPLES[TrainingRequested])
    ended = {"model_version": numbered("1."), "created_at": earlier("created_at"), "ended_at": earlier("created_at", by_s=30)}
    await multiply(documents, "job", by=many // 10, **ended)
    await multiply(documents, "job_1", by=many // 10, model_id="other", **ended)
    await multiply(documents, "job_2", by=many, account_id=numbered("a", of=many // 20), model_id=numbered("m"), **ended)
    succeeded = {"state": JobState.SUCCEEDED.value, "compute_hours": "$reserved_hours", "size_hours": 0.5}
    await multiply(documents, "job_3", by=many // 10, account_id=numbered("a"), **ended | succeeded | {"model_id": numbered("s")})
    await multiply(documents, "job_4", by=many // 10, account_id=numbered("a"), state=JobState.QUEUED.value, model_id=numbered("q"))

    async with profiled(database) as took:
        for state, model_id in product((None, JobState.FAILED, JobState.RUNNING), (None, "model")):
            wanted = JobFilter(JobKind.TRAIN, [state] if state else [], model_id)
            rows = await walked(lambda part, wanted=wanted: jobs.find("account", part, wanted))
            assert rows == (0 if state is JobState.RUNNING else STEP * STEPS)
        for of, kinds, states in product((("", ""), ("account", ""), ("account", "model")), ((), [JobKind.TRAIN]), ((), [JobState.FAILED])):
            assert len((await every.find(PAGE, EveryJobFilter(of[0] or None, kinds, states, of[1] or None))).items) == 20
        assert len(await every.known(["job_3", "job_x"])) == 1
        assert len(await every.waiting(after="account", through="b")) == 0
        await past.read("account", algorithm=a_job().algorithm, priority=Priority.NORMAL, at=at)
        await OverviewMongo(database["models"], documents).jobs_since("account", at - timedelta(days=1))
        await activities.latest("account", most=10)
        assert await old.forget(before=at - timedelta(days=3650)) == 0

    # Past jobs are read in two short lists.
    assert took.problems(reads=20 + 50 + SPARE) == []


async def test_jobs_of_other_kinds(database: Database, many: int) -> None:
    jobs, documents = JobsMongo(database["jobs"], on_write=int), database["jobs"]
    await jobs.prepare()
    request = EXAMPLES[JobRequested]
    assert isinstance(request, JobRequested)
    request = request.model_copy(update={"job_id": "job", "account_id": "account"})
    await jobs.add(replace(requested_job(request, slot=0, slug="rsi_20260115"), result={"metrics": {}, "money": {}}), request)
    results = {f"result.{path}": {"$mod": [N, 97]} for path in TERMS[JobKind.BACKTEST].ranked}
    symbols, slugs = numbered("S", of=10), numbered("rsi_20260115-")
    aged = {"created_at": earlier("created_at"), "slot": None, "spec.symbol": symbols, "slug": slugs, **results}
    aged["ended_at"] = earlier("created_at", by_s=30)
    await multiply(documents, "job", by=many // 10, **aged)
    await multiply(documents, "job_1", by=many, account_id=numbered("a", of=many // 20), **aged)

    async with profiled(database) as took:
        for kind, state in product(JobKind, (None, JobState.QUEUED, JobState.RUNNING)):
            found = await jobs.find("account", PAGE, JobFilter(kind, [state] if state else []))
            assert len(found.items) == (20 if kind is JobKind.BACKTEST and state is not JobState.RUNNING else 0)
        all_of, of_symbol, of_strategy = {}, {"symbol": "S3"}, {"strategy.name": "rsi"}
        for states, spec, path, descending in product(
            ([], [JobState.QUEUED, JobState.FAILED]),
            (all_of, of_symbol, of_strategy, of_symbol | of_strategy),
            (None, *TERMS[JobKind.BACKTEST].ranked),
            (True, False),
        ):
            wanted, order = JobFilter(JobKind.BACKTEST, states=states, spec=spec), JobOrder(by=path, descending=descending)
            rows = await walked(lambda part, wanted=wanted, order=order: jobs.find("account", part, wanted, order), steps=3)
            assert rows == min(3 * STEP, many // 100 if "symbol" in spec else 3 * STEP)
        assert (await jobs.named("rsi_20260115-7", account_id="account", kind=JobKind.BACKTEST)).id == "job_7"
        assert await jobs.free_slug("rsi_20260116", account_id="account") == "rsi_20260116"
        assert await jobs.slots("account") == {0}
        assert (await TierUseMongo(database).read("account"))[Limit.JOBS] == 1
        assert [job.id for job in await jobs.several(["job_7", "job_1_7", "nothing"], account_id="account")] == ["job_7"]
        assert [job.id for job in await jobs.current("account", ended_since=now())] == ["job"]
        await jobs.take_slot("job_7", account_id="account")
        await jobs.leave_slot("job")
        assert await jobs.slots("account") == {1}

    assert took.problems(reads=20 + SPARE) == []


async def test_what_takes_a_jobs_place_is_looked_up(database: Database, many: int) -> None:
    jobs, documents, example = JobsMongo(database["jobs"], on_write=int), database["jobs"], example_of(TrainingRequested)
    await jobs.prepare()
    first = example.model_copy(update={"job_id": "job", "account_id": "account", "model_id": "model", "version": "1.0"})
    await jobs.add(requested_job(first, slot=0), first)
    await multiply(documents, "job", by=many, model_id=numbered("m"), account_id=numbered("a"))

    async with profiled(database) as took:
        with pytest.raises(ModelBusyError):
            await jobs.add(requested_job(first.model_copy(update={"job_id": "next", "version": "1.1"}), slot=1), first)
        await jobs.leave_slot("job")
        with pytest.raises(VersionTakenError):
            await jobs.add(requested_job(first.model_copy(update={"job_id": "next"}), slot=1), first)
        with pytest.raises(SlotTakenError):
            await jobs.add(requested_job(first.model_copy(update={"job_id": "next", "model_id": "new", "account_id": "a9"}), slot=0), first)

    assert took.problems() == []


async def test_models(database: Database, many: int) -> None:
    models, documents, own = ModelsMongo(database["models"], on_write=int), database["models"], many // 10
    await models.prepare()
    await documents.insert_one(a_model())
    axes = {"build": one_of(Build), "listing": one_of(Listing, each=4), "stage": one_of(("none", "none", "archived"), each=16)}
    axes |= {"spec.model_type": one_of(ModelType, each=2), "created_at": earlier("created_at"), "updated_at": earlier("created_at", by_s=9)}
    await multiply(documents, "model", by=own, place=N, **axes)
    await multiply(documents, "model_1", by=many, place=N, account_id=numbered("a"), **axes)

    async with profiled(database) as took:
        for status, kind in product((None, *MODEL_WORDS), (None, *MODEL_TYPES)):
            assert await walked(partial(models.find, filter_of(status, kind, account_id="account"))) > 0
        assert await walked(partial(models.all_of, "account")) > 0
        await TierUseMongo(database).read("account")
        assert await OverviewMongo(documents, database["jobs"]).curves("account", most=20) == Curves([], synthetic=False)
        assert len(await ModelActivities(documents).latest("account", most=10)) == 10
        with pytest.raises(TooManyModelsError):
            await models.add(replace(model_of(a_model()), version=0), EXAMPLES[ModelCreated], most=own // 2)

    async with profiled(database) as summed:
        counts = await OverviewMongo(documents, database["jobs"]).models("account")

    assert took.problems() == []
    # All that an account has is added up.
    assert summed.problems(reads=own + SPARE) == []
    assert counts.total == own + 1 > await documents.count_documents({"account_id": "account", "stage": "archived"}) > 0


async def test_models_that_are_to_be_retrained(database: Database, many: int) -> None:
    turns, documents, at = RetrainTurnsMongo(database["models"]), database["models"], now()
    await turns.prepare()
    await documents.insert_one(a_model() | {"schedule": {"next_at": at - timedelta(minutes=1), "last": None}})
    await multiply(documents, "model", by=many, schedule={"next_at": {"$literal": None}, "last": {"$literal": None}})
    due = {"next_at": {"$literal": at - timedelta(hours=1)}, "last": {"$literal": None}}
    # What comes later, what is archived, and what other gateways see to just now.
    await multiply(documents, "model_1", by=many, schedule=due | {"next_at": {"$literal": at + timedelta(hours=1)}})
    await multiply(documents, "model_2", by=many, schedule=due, stage="archived")
    await multiply(documents, "model_3", by=20, schedule=due, retrain_lease={"holder": "o", "until": {"$literal": at + timedelta(hours=1)}})

    async with profiled(database) as took:
        taken = await turns.take(holder="me", at=at, until=at + timedelta(minutes=1))
        assert await turns.take(holder="other", at=at, until=at + timedelta(minutes=1)) is None
        await turns.end("model", holder="me")

    assert took.problems() == []
    assert taken is not None
    assert taken.id == "model"


async def test_results_of_versions(database: Database, many: int) -> None:
    models, results, documents = ModelsMongo(database["models"], on_write=int), ResultsMongo(database["results"]), database["results"]
    await results.prepare()
    await database["models"].insert_one(a_model() | {"trimmed_to": 3})
    model = await models.get("model", account_id="account")
    await documents.insert_one({"_id": "model:1.2", "model_id": "model", "number": 2})
    await multiply(documents, "model:1.2", by=many, model_id=numbered("m"))

    async with profiled(database) as took:
        await results.trim(model)

    assert took.problems() == []
    assert await documents.count_documents({"_id": "model:1.2"}) == 0


def a_model() -> dict[str, Any]:
    example, at = EXAMPLES[TrainingRequested], now()
    assert isinstance(example, TrainingRequested)
    plain = {
        "name": "m",
        "description": "",
        "active_job": None,
        "trainings": 0,
        "versions": [],
        "result": None,
        "sequence": 1,
        "version": 1,
    }
    axes = {"build": Build.DRAFT.value, "stage": "none", "listing": Listing.NONE.value}
    spec = example.spec.model_dump(mode="json")
    return {"_id": "model", "account_id": "account", "spec": spec, "place": 0, "created_at": at, "updated_at": at} | plain | axes


def example_of(event: type[Event]) -> Any:
    return EXAMPLES[event]


async def test_listings(database: Database, many: int) -> None:
    listings, documents = ListingsMongo(database["listings"]), database["listings"]
    await listings.prepare()
    listing: ListingSnapshot = example_of(ListingSubmitted).listing
    ids = {"listing_id": "listing", "seller_id": "account", "model_id": "model", "state": ListingState.LISTED}
    await listings.apply(listing.model_copy(update=ids))
    moments = {"listed_at": earlier("listed_at"), "submitted_at": earlier("submitted_at")}
    values = {
        "ranking_sharpe_ratio": {"$divide": ["$n", 1000]},
        "average_rating": {"$mod": ["$n", 5]},
        "subscribers": {"$mod": ["$n", 100]},
    }
    await multiply(documents, "listing", by=many // 10, **moments | values)
    await multiply(documents, "listing_1", by=many, **moments | values | {"seller_id": numbered("a"), "model_id": numbered("m")})
    await multiply(documents, "listing_2", by=many // 10, **moments | {"state": ListingState.IN_REVIEW.value, "seller_id": numbered("a")})

    async with profiled(database) as took:
        for order, state in product(ListingOrder, (ListingState.LISTED, ListingState.IN_REVIEW)):
            assert await walked(partial(listings.find, ListingFilter(state), order=order)) == STEP * STEPS
        for order, state in product(ListingOrder, (None, ListingState.LISTED, ListingState.REJECTED)):
            rows = await walked(partial(listings.find, ListingFilter(state, "account"), order=order))
            assert rows == (0 if state is ListingState.REJECTED else STEP * STEPS)
        for narrow in (
            {"category": Category.OTHER},
            {"max_price": Decimal("1.00")},
            {"min_sharpe_ratio": 1_000_000.0},
            {"asset_classes": (AssetClass.RATES,)},
        ):
            for order in ListingOrder:
                found = await listings.find(ListingFilter(ListingState.LISTED, **narrow), PAGE, order=order)  # type: ignore[arg-type]  # by name
                assert found.count == 0
        assert len(await listings.of_model("m5")) == 1
        assert len(await listings.offered_versions("m5")) == 1
        await listings.sellers(["a5", "a6"])
        assert len(await ListingActivities(documents).latest("account", most=10)) > 0

    assert took.problems() == []


async def test_subscriptions(database: Database, many: int) -> None:
    subscriptions, documents = SubscriptionsMongo(database["subscriptions"]), database["subscriptions"]
    await subscriptions.prepare()
    told: SubscriptionSnapshot = example_of(ModelSubscribed).subscription
    await subscriptions.apply(
        told.model_copy(
            update={"subscription_id": "s", "subscriber_id": "account", "seller_id": "seller", "model_id": "model", "version": "1.0"}
        )
    )
    moments = {"started_at": earlier("started_at")}
    await multiply(documents, "s", by=many // 10, **moments | {"model_id": numbered("m")})
    await multiply(documents, "s_1", by=many, **moments | {"subscriber_id": numbered("a")})

    async with profiled(database) as took:
        for states in (None, list(SubscriptionState), [SubscriptionState.ACTIVE, SubscriptionState.CANCELLED], [SubscriptionState.EXPIRED]):
            await walked(partial(subscriptions.find, "account", states=states))
        assert await subscriptions.entitlement("model", account_id="account") is not None
        assert await subscriptions.pinned("model", at=told.started_at) == {"1.0"}
        activities = SubscriptionActivities(documents)
        assert len(await activities.latest("account", most=10)) >= 10
        assert len(await activities.latest("seller", most=10)) == 10

    assert took.problems() == []
