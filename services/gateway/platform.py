"""The wiring of models, jobs, predictions and the marketplace: which adapters they stand on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.port import Bus
from libs.chassis.liveness.fleet import fleet_samples
from libs.chassis.process import Chassis
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.gateway import ModelRetrained, RetrainingSkipped
from libs.contracts.ids import new_id
from libs.contracts.model_monitoring import ModelDrifted, ModelRecovered
from libs.contracts.recipes import RecipeChanged
from libs.market.age import Ages
from services.gateway.datasets import DatasetParts, make_datasets
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.dashboards.dashboard import Activities
from services.gateway.domain.datasets.live_series import by_id
from services.gateway.domain.marketplace.ports import Suspended
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.notices import Notices
from services.gateway.domain.predictions.servable import Servables
from services.gateway.inbound.events.listings import bind_listings
from services.gateway.inbound.events.notify import Notify, then
from services.gateway.jobs import JobParts, make_jobs
from services.gateway.outbound.accounts.accounts_mongo import AccountsMongo
from services.gateway.outbound.accounts.tier_use_mongo import TierUseMongo
from services.gateway.outbound.dashboard_mongo import JobActivities, ModelActivities, OverviewMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.old_jobs_mongo import OldJobsMongo
from services.gateway.outbound.jobs.unheard import Unheard
from services.gateway.outbound.marketplace.listings_mongo import ListingsMongo
from services.gateway.outbound.marketplace.market_activities_mongo import ListingActivities, SubscriptionActivities
from services.gateway.outbound.models.files_artifacts import FilesArtifacts
from services.gateway.outbound.models.models_mongo import ModelsMongo
from services.gateway.outbound.models.results_mongo import ResultsMongo
from services.gateway.outbound.models.retrain_turns_mongo import RetrainTurnsMongo
from services.gateway.outbound.services_bus import (
    AnalystsBus,
    InferenceBus,
    LlmBus,
    MarketplaceBus,
    OwnersBus,
    Services,
    SignalRecordsBus,
    TrainingBus,
)
from services.gateway.recipes import RecipeParts, make_recipes
from services.gateway.registering import RegistryParts, make_registry
from services.gateway.settings import Settings
from services.gateway.subscribing import SubscribingParts, make_subscribing
from services.gateway.usecases.accounts.erase_account import Forgets
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.jobs.make_version import MakeVersion
from services.gateway.usecases.marketplace.buy_credits import BuyCredits
from services.gateway.usecases.marketplace.follow_listings import FollowListings
from services.gateway.usecases.marketplace.know_prices import KnowPrices
from services.gateway.usecases.marketplace.publish_model import NoteAnswer, Publish, Review, Unpublish
from services.gateway.usecases.marketplace.rate_listing import RateListings
from services.gateway.usecases.marketplace.show_listing import ShowListing
from services.gateway.usecases.models.archive_model import ArchiveModel
from services.gateway.usecases.models.change_model import DeleteModel, UpdateModel
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.models.keep_versions import KeepVersions
from services.gateway.usecases.models.retrain_models import RetrainModels
from services.gateway.usecases.models.serve_results import ServeResults
from services.gateway.usecases.models.show_results import ShowResults
from services.gateway.usecases.models.show_version import ShowVersion
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.nouns import ComputeUseCases, ListingUseCases, ModelUseCases, TrainingUseCases
from services.gateway.usecases.predictions.predict import Predict
from services.gateway.usecases.predictions.predict_range import PredictRange
from services.gateway.usecases.rebuild_view import RebuildView
from services.gateway.usecases.show_dashboard import ShowDashboard
from services.gateway.watching import Watched, WatchParts, make_watch_stores, make_watching

U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class LimitParts:
    """What a tier may use; `rates` are requests an hour, by tier."""

    limits: TierLimits
    rates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SharedParts:
    """Who is suspended, and what time it is where models are retrained and expire."""

    suspended: Suspended
    clock: Clock


@dataclass(frozen=True, slots=True)
class Platform:
    """What models, jobs, predictions and the marketplace add to the app."""

    models: ModelsMongo
    results: ResultsMongo
    jobs: JobsMongo
    old_jobs: OldJobsMongo
    activities: JobActivities
    services: Services
    listings: ListingsMongo
    follow_listings: FollowListings
    subscribing: SubscribingParts
    rebuild: RebuildView
    job_parts: JobParts
    datasets: DatasetParts
    turns: RetrainTurnsMongo
    retrain: RetrainModels
    registry: RegistryParts
    recipes: RecipeParts
    watching: WatchParts
    use_cases: tuple[Any, ...]

    def use_cases_of(self, kind: type[U]) -> U:
        """Return the use cases of a class. Raise StopIteration for one that there is not."""
        return next(each for each in self.use_cases if isinstance(each, kind))

    @property
    def forgetting(self) -> list[Forgets]:
        """Return what has something of an account, beside what the accounts' own part knows."""
        return [self.registry.names, self.recipes.store, self.recipes.examples, *self.watching.stores.all]

    async def prepare(self) -> None:
        """Make indexes."""
        await self.models.prepare()
        await self.recipes.prepare()
        await self.turns.prepare()
        await self.results.prepare()
        await self.job_parts.prepare()
        await self.listings.prepare()
        await self.subscribing.prepare()
        await self.old_jobs.prepare()
        await self.datasets.prepare()
        await self.registry.prepare()
        await self.watching.stores.prepare()
        await self.activities.prepare()

    def bind(self, facts: Facts, *, notify: Notify, notices: Notices) -> None:
        """Listen to events about jobs and listings; `notify` passes them on to webhooks, `notices` to who watches live."""
        self.job_parts.bind(facts, notify=notify, notices=notices)
        bind_listings(facts, follow=self.follow_listings, notify=notify)
        self.subscribing.bind(facts, notify=notify)
        self.registry.bind(facts, remove_tunings=self.job_parts.remove_tunings, watch=self.watching.turns)
        facts.on(ModelRetrained)(notify)
        facts.on(RetrainingSkipped)(notify)
        facts.on(ModelDrifted)(then(notify, self.watching.turns.told))
        facts.on(ModelRecovered)(then(notify, self.watching.turns.told))
        facts.on(RecipeChanged)(notify)


def _jobs(settings: Settings, chassis: Chassis, *, on_write: Callable[[], None]) -> JobsMongo:
    unheard = Unheard(partial(fleet_samples, chassis.redis, settings.namespace))
    return JobsMongo(chassis.database["jobs"], on_write=on_write, told=unheard)


def make_platform(settings: Settings, chassis: Chassis, *, wake: Callable[..., None], limits: LimitParts, shared: SharedParts) -> Platform:
    """Wire it; `wake` is called after each write that has events to be published (collections `models`, `jobs`, `registry`, `recipes`)."""
    database, services = chassis.database, _services(settings, chassis.bus)
    models, views = ModelsMongo(database["models"], on_write=partial(wake, "models")), ListingsMongo(database["listings"])
    jobs = _jobs(settings, chassis, on_write=partial(wake, "jobs"))
    results, synthetic, clock, suspended = ResultsMongo(database["results"]), settings.synthetic_allowed, shared.clock, shared.suspended
    activities, old = JobActivities(database["jobs"], database["models"]), OldJobsMongo(database["jobs"], database["models"])
    ages, servables = Ages(settings.stale_after_bars, lambda: clock().timestamp()), Servables()
    serve_results, follow_listings = ServeResults(results), FollowListings(views, models)
    turns, accounts, note = RetrainTurnsMongo(database["models"]), AccountsMongo(database["accounts"]), NoteAnswer(follow_listings)
    subscribing = make_subscribing(database, services, models=models, note=note, suspended=suspended)
    stage = StageVersion(models, serve_results, servables, limits.limits, now)
    registry = make_registry(database, stage, accounts=accounts, results=results, wake=partial(wake, "registry"))
    keep_versions = KeepVersions(accounts, views, subscribing.subscriptions, registry.names, limits.limits, now)
    makes = MakeVersion(models, jobs, servables, keep_versions, results, serve_results, now)
    datasets = make_datasets(database, jobs, chassis.artifacts, series=by_id(settings.live_series), stale_after=settings.stale_after_bars)
    watched = make_watch_stores(database, settings, wake=partial(wake, "watches"))
    snapshots = watched.keep_snapshot(models)
    job_parts = make_jobs(
        database, jobs, makes, datasets=datasets, services=services, limits=limits.limits, settings=settings, snapshots=snapshots
    )
    looks = Watched(models, results, accounts, clock)
    watching = make_watching(settings, database, chassis.artifacts, looks, stores=watched, jobs=job_parts, datasets=datasets)
    predict = Predict(models, services.inference, servables, subscribing.entitlements, synthetic, clock)
    recipes = make_recipes(database, jobs, limits=limits.limits, wake=wake)
    rebuild = RebuildView(services.owners, jobs, job_parts.follow, follow_listings, subscribing.follow)
    retrain = RetrainModels(models, turns, accounts, datasets.own, job_parts.start, clock, new_id("gateway"))
    use_cases = (
        _models(chassis.artifacts, registry, own=datasets.own, allowed=synthetic, ages=ages),
        TrainingUseCases(models, jobs, job_parts.estimate, job_parts.start, job_parts.stop, now),
        datasets.own,
        predict,
        PredictRange(predict, services.inference),
        _compute(database, services.marketplace, limits),
        _dashboard(database, services.marketplace, activities),
        _listings(
            views, models, subscribing, services.marketplace, note, suspended=suspended, allowed=synthetic, ages=ages, datasets=datasets
        ),
        *(each.use for each in (registry, subscribing, recipes, watching)),
        datasets.use_cases(job_parts.start, limits.limits),
    )
    stores = (models, results, jobs, old, activities, services, views, follow_listings, subscribing)
    return Platform(*stores, rebuild, job_parts, datasets, turns, retrain, registry, recipes, watching, use_cases)


def _services(settings: Settings, bus: Bus) -> Services:
    inference = InferenceBus(bus, settings.predict_deadline, settings.range_deadline)
    others = (SignalRecordsBus(bus), LlmBus(bus), AnalystsBus(bus))
    return Services(MarketplaceBus(bus), TrainingBus(bus), inference, OwnersBus(bus), *others)


def _models(artifacts: Artifacts, registry: RegistryParts, *, own: FindOwn, allowed: bool, ages: Ages) -> ModelUseCases:
    stage = registry.stage
    models, servables, limits = stage.models, stage.servables, stage.limits
    return ModelUseCases(
        models=models,
        create=CreateModel(models, limits, now),
        update=UpdateModel(models, servables, limits, now),
        delete=DeleteModel(models),
        archive=ArchiveModel(models, servables, limits, now, registry.ungated.hear),
        stage=stage,
        results=ShowResults(models, FilesArtifacts(artifacts)),
        version=ShowVersion(models, stage.serve_results.results),
        own=own,
        synthetic_allowed=allowed,
        ages=ages,
    )


def _compute(database: Database, marketplace: MarketplaceBus, limits: LimitParts) -> ComputeUseCases:
    prices, tier_use = KnowPrices(marketplace, now), TierUseMongo(database)
    return ComputeUseCases(marketplace, prices, BuyCredits(marketplace), limits.limits, tier_use, limits.rates, now)


def _dashboard(database: Database, marketplace: MarketplaceBus, jobs: JobActivities) -> ShowDashboard:
    # What has happened lately is told by each kind of thing.
    activities: list[Activities] = [
        ModelActivities(database["models"]),
        jobs,
        ListingActivities(database["listings"]),
        SubscriptionActivities(database["subscriptions"]),
    ]
    return ShowDashboard(OverviewMongo(database["models"], database["jobs"]), activities, marketplace, now)


def _listings(
    views: ListingsMongo,
    models: ModelsMongo,
    subscribing: SubscribingParts,
    marketplace: MarketplaceBus,
    note: NoteAnswer,
    *,
    suspended: Suspended,
    allowed: bool,
    ages: Ages,
    datasets: DatasetParts,
) -> ListingUseCases:
    return ListingUseCases(
        views,
        models,
        marketplace,
        suspended,
        show=ShowListing(views, subscribing.subscriptions, suspended),
        rate=RateListings(marketplace, note),
        publish=Publish(models, marketplace, note, fetched=datasets.series),
        unpublish=Unpublish(models, views, marketplace, note),
        review=Review(views, marketplace, note),
        clock=now,
        synthetic_allowed=allowed,
        ages=ages,
        live=datasets.own,
        fetched=datasets.series,
    )
