"""The wiring of models, jobs, predictions and the marketplace: which adapters they stand on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.routing import BaseRoute

from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.port import Bus
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.dashboards.dashboard import Activities
from services.gateway.domain.marketplace.listing_ports import Suspended
from services.gateway.domain.notices import Notices
from services.gateway.domain.predictions.servable import Servables
from services.gateway.inbound.events.listings import bind_listings
from services.gateway.inbound.events.training import Notify, bind_training
from services.gateway.inbound.faces.ai_studio.compute import ComputeUseCases, LimitUseCases
from services.gateway.inbound.faces.ai_studio.listings import ListingUseCases
from services.gateway.inbound.faces.ai_studio.models import ModelUseCases
from services.gateway.inbound.faces.ai_studio.nouns import ROUTERS
from services.gateway.inbound.faces.ai_studio.predictions import describe_predict, make_predict_routes
from services.gateway.inbound.faces.ai_studio.publishing import PublishingUseCases
from services.gateway.inbound.faces.ai_studio.records import RecordUseCases
from services.gateway.inbound.faces.ai_studio.results import ResultUseCases
from services.gateway.inbound.faces.ai_studio.trainings import TrainingUseCases
from services.gateway.jobs import JobParts, make_jobs
from services.gateway.outbound.accounts.accounts_mongo import AccountsMongo
from services.gateway.outbound.accounts.tier_use_mongo import TierUseMongo
from services.gateway.outbound.dashboard_mongo import JobActivities, ModelActivities, OverviewMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.old_jobs_mongo import OldJobsMongo
from services.gateway.outbound.jobs.past_jobs_mongo import PastJobsMongo
from services.gateway.outbound.marketplace.listings_mongo import ListingsMongo
from services.gateway.outbound.marketplace.market_activities_mongo import ListingActivities, SubscriptionActivities
from services.gateway.outbound.models.models_mongo import ModelsMongo
from services.gateway.outbound.models.pictures_artifacts import PicturesArtifacts
from services.gateway.outbound.models.results_mongo import ResultsMongo
from services.gateway.outbound.models.tables_artifacts import TablesArtifacts
from services.gateway.outbound.services.marketplace_bus import MarketplaceBus
from services.gateway.outbound.services.owners_bus import OwnersBus
from services.gateway.services import Services, make_services
from services.gateway.settings import Settings
from services.gateway.subscribing import SubscribingParts, make_subscribing
from services.gateway.usecases.jobs.estimate_training import EstimateTraining
from services.gateway.usecases.jobs.follow_training import FollowTraining
from services.gateway.usecases.jobs.show_training import ShowTraining
from services.gateway.usecases.jobs.start_training import StartTraining
from services.gateway.usecases.jobs.stop_training import StopTraining
from services.gateway.usecases.marketplace.buy_credits import BuyCredits
from services.gateway.usecases.marketplace.follow_listings import FollowListings
from services.gateway.usecases.marketplace.publish_model import NoteAnswer, Publish, Review, Unpublish
from services.gateway.usecases.marketplace.rate_listing import RateListings
from services.gateway.usecases.marketplace.show_listing import ShowListing
from services.gateway.usecases.models.archive_model import ArchiveModel
from services.gateway.usecases.models.change_model import DeleteModel, UpdateModel
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.models.keep_versions import KeepVersions
from services.gateway.usecases.models.show_plot import ShowPlot
from services.gateway.usecases.models.show_results import ShowResults
from services.gateway.usecases.models.show_table import ShowTable
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.predictions.predict import Predict
from services.gateway.usecases.predictions.predict_range import PredictRange
from services.gateway.usecases.rebuild_view import RebuildView
from services.gateway.usecases.show_dashboard import ShowDashboard


@dataclass(frozen=True, slots=True)
class LimitParts:
    """What a tier may use; `rates` are requests an hour, by tier."""

    limits: TierLimits
    rates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Platform:
    """What models, jobs, predictions and the marketplace add to the app."""

    routers: Sequence[APIRouter]
    plain_routes: Sequence[BaseRoute]
    describe: Callable[[dict[str, Any]], None]
    models: ModelsMongo
    results: ResultsMongo
    jobs: JobsMongo
    past: PastJobsMongo
    old_jobs: OldJobsMongo
    activities: JobActivities
    services: Services
    follow: FollowTraining
    listings: ListingsMongo
    follow_listings: FollowListings
    subscribing: SubscribingParts
    stop: StopTraining
    rebuild: RebuildView
    job_parts: JobParts
    use_cases: Sequence[Any] = ()

    async def prepare(self) -> None:
        """Make indexes."""
        await self.models.prepare()
        await self.results.prepare()
        await self.job_parts.prepare()
        await self.listings.prepare()
        await self.subscribing.prepare()
        await self.past.prepare()
        await self.old_jobs.prepare()
        await self.activities.prepare()

    def bind(self, facts: Facts, *, notify: Notify, notices: Notices) -> None:
        """Listen to events about training and listings; `notify` passes them on to webhooks, `notices` to who watches live."""
        bind_training(facts, follow=self.follow, notify=notify, notices=notices)
        self.job_parts.bind(facts)
        bind_listings(facts, follow=self.follow_listings, notify=notify)
        self.subscribing.bind(facts, notify=notify)


def make_platform(
    *,
    database: Database,
    bus: Bus,
    artifacts: Artifacts,
    wake: Callable[[], None],
    limits: LimitParts,
    suspended: Suspended,
    settings: Settings,
) -> Platform:
    """Wire it; `wake` is called after each write that has events to be published (collections `models` and `jobs`)."""
    models, results = ModelsMongo(database["models"], on_write=wake), ResultsMongo(database["results"])
    services, views = make_services(bus, settings), ListingsMongo(database["listings"])
    synthetic, past, old = settings.synthetic_allowed, PastJobsMongo(database["jobs"]), OldJobsMongo(database["jobs"], database["models"])
    estimate, follow_listings, servables = EstimateTraining(past, now), FollowListings(views, models), Servables()
    job_parts = make_jobs(database, services=services, limits=limits.limits, wake=wake, synthetic_allowed=synthetic)
    jobs, show = job_parts.jobs, ShowTraining(models, job_parts.jobs, now)
    start = StartTraining(models, jobs, estimate, job_parts.accept, show, limits.limits, now)
    stop = StopTraining(jobs, show, services.training, services.marketplace, now)
    subscribing = make_subscribing(database, services, models=models, note=NoteAnswer(follow_listings), suspended=suspended)
    keep_versions = KeepVersions(AccountsMongo(database["accounts"]), views, subscribing.subscriptions, limits.limits, now)
    activities = JobActivities(database["jobs"], database["models"])
    predict = Predict(models, services.inference, servables, subscribing.entitlements, synthetic)
    return Platform(
        routers=ROUTERS,
        plain_routes=make_predict_routes(predict),
        describe=describe_predict,
        models=models,
        results=results,
        jobs=jobs,
        past=past,
        old_jobs=old,
        activities=activities,
        services=services,
        follow=FollowTraining(models, jobs, servables, keep_versions, results, ShowResults(results), show),
        listings=views,
        follow_listings=follow_listings,
        subscribing=subscribing,
        stop=stop,
        rebuild=RebuildView(OwnersBus(bus), jobs, follow_listings, subscribing.follow),
        job_parts=job_parts,
        use_cases=(
            _model_use_cases(models, ShowResults(results), servables, limits.limits, synthetic_allowed=synthetic),
            TrainingUseCases(models, jobs, estimate, start, stop, now),
            *_account_use_cases(database, services.marketplace, limits, activities),
            *_result_use_cases(models, artifacts, PredictRange(predict, services.inference)),
            *_market_use_cases(views, models, subscribing, services.marketplace, suspended=suspended, synthetic_allowed=synthetic),
            subscribing.use,
        ),
    )


def _result_use_cases(models: ModelsMongo, artifacts: Artifacts, ranges: PredictRange) -> tuple[Any, ...]:
    """Return the use cases about what a version says of past days, and what its training has drawn and kept."""
    show_table, show_plot = ShowTable(models, TablesArtifacts(artifacts)), ShowPlot(models, PicturesArtifacts(artifacts))
    return ResultUseCases(models, show_table, show_plot), ranges


def _model_use_cases(
    models: ModelsMongo, show_results: ShowResults, servables: Servables, limits: TierLimits, *, synthetic_allowed: bool
) -> ModelUseCases:
    """Return the use cases of models: made, changed, archived; and of their versions: staged."""
    return ModelUseCases(
        models=models,
        create=CreateModel(models, limits, now),
        update=UpdateModel(models, limits, now),
        delete=DeleteModel(models),
        archive=ArchiveModel(models, servables, limits, now),
        stage=StageVersion(models, show_results, servables, limits, now),
        synthetic_allowed=synthetic_allowed,
    )


def _account_use_cases(database: Database, marketplace: MarketplaceBus, limits: LimitParts, jobs: JobActivities) -> tuple[Any, ...]:
    """Return the use cases about an account itself: its compute hours, what its tier may use, and all at a glance."""
    overview = OverviewMongo(database["models"], database["jobs"])
    # What has happened lately is told by each kind of thing.
    activities: list[Activities] = [
        ModelActivities(database["models"]),
        jobs,
        ListingActivities(database["listings"]),
        SubscriptionActivities(database["subscriptions"]),
    ]
    return (
        ComputeUseCases(marketplace, BuyCredits(marketplace), now),
        LimitUseCases(limits.limits, TierUseMongo(database), limits.rates),
        ShowDashboard(overview, activities, marketplace, now),
    )


def _market_use_cases(
    views: ListingsMongo,
    models: ModelsMongo,
    subscribing: SubscribingParts,
    marketplace: MarketplaceBus,
    *,
    suspended: Suspended,
    synthetic_allowed: bool,
) -> tuple[Any, ...]:
    """Return the use cases of sellers and reviewers, of the shop window, and of records."""
    note = NoteAnswer(FollowListings(views, models))
    show = ShowListing(views, subscribing.subscriptions, suspended)
    window = ListingUseCases(views, models, suspended, show, RateListings(marketplace, note), marketplace)
    return (
        window,
        PublishingUseCases(
            publish=Publish(models, marketplace, note),
            unpublish=Unpublish(models, views, marketplace, note),
            review=Review(views, marketplace, note),
            listings=window,
            clock=now,
            synthetic_allowed=synthetic_allowed,
        ),
        RecordUseCases(marketplace, show),
    )
