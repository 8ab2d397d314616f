"""AI Studio's part of the gateway's wiring: which adapters its models, jobs and predictions stand on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.routing import BaseRoute

from libs.chassis.artifacts import Artifacts
from libs.chassis.bus import Bus
from libs.chassis.handlers import Facts
from libs.chassis.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.dashboard import Activities
from services.gateway.domain.listing_ports import Suspended
from services.gateway.domain.notices import Notices
from services.gateway.domain.servable import Servables
from services.gateway.domain.tier_limits import TierLimits
from services.gateway.inbound.events import Tell, bind_training
from services.gateway.inbound.events_listings import bind_listings
from services.gateway.inbound.faces.ai_studio import compute
from services.gateway.inbound.faces.ai_studio import limits as limits_noun
from services.gateway.inbound.faces.ai_studio.compute import ComputeUseCases
from services.gateway.inbound.faces.ai_studio.limits import LimitUseCases
from services.gateway.inbound.faces.ai_studio.predicting import describe_predict, make_predict_routes
from services.gateway.inbound.faces.ai_studio.routes_archiving import make_archiving_routes
from services.gateway.inbound.faces.ai_studio.routes_catalogue import make_catalogue_routes
from services.gateway.inbound.faces.ai_studio.routes_dashboard import make_dashboard_routes
from services.gateway.inbound.faces.ai_studio.routes_estimate import EstimateUseCases, make_estimate_routes
from services.gateway.inbound.faces.ai_studio.routes_importance import ImportanceUseCases, make_importance_routes
from services.gateway.inbound.faces.ai_studio.routes_jobs import JobUseCases, make_job_routes
from services.gateway.inbound.faces.ai_studio.routes_listings import ListingUseCases, make_listing_routes
from services.gateway.inbound.faces.ai_studio.routes_models import ModelUseCases, make_model_routes
from services.gateway.inbound.faces.ai_studio.routes_publishing import PublishingUseCases, make_publishing_routes
from services.gateway.inbound.faces.ai_studio.routes_ranges import make_range_routes
from services.gateway.inbound.faces.ai_studio.routes_record import RecordUseCases, make_record_routes
from services.gateway.inbound.faces.ai_studio.routes_results import make_result_routes
from services.gateway.kind_jobs import KindJobParts, make_kind_jobs
from services.gateway.outbound.accounts_mongo import AccountsMongo
from services.gateway.outbound.dashboard_mongo import JobActivities, ModelActivities, OverviewMongo
from services.gateway.outbound.jobs_mongo import JobsMongo
from services.gateway.outbound.listings_mongo import ListingsMongo
from services.gateway.outbound.market_activities_mongo import ListingActivities, SubscriptionActivities
from services.gateway.outbound.marketplace_bus import MarketplaceBus
from services.gateway.outbound.models_mongo import ModelsMongo
from services.gateway.outbound.old_jobs_mongo import OldJobsMongo
from services.gateway.outbound.owners_bus import OwnersBus
from services.gateway.outbound.past_jobs_mongo import PastJobsMongo
from services.gateway.outbound.pictures_artifacts import PicturesArtifacts
from services.gateway.outbound.tables_artifacts import TablesArtifacts
from services.gateway.outbound.tier_use_mongo import TierUseMongo
from services.gateway.services import Services, make_services
from services.gateway.settings import Settings
from services.gateway.subscribing import SubscribingParts, make_subscribing
from services.gateway.usecases.archive_model import ArchiveModel
from services.gateway.usecases.buy_credits import BuyCredits
from services.gateway.usecases.change_model import DeleteModel, UpdateModel
from services.gateway.usecases.create_model import CreateModel
from services.gateway.usecases.estimate_training import EstimateTraining
from services.gateway.usecases.follow_listings import FollowListings
from services.gateway.usecases.follow_training import FollowTraining
from services.gateway.usecases.keep_versions import KeepVersions
from services.gateway.usecases.predict import Predict
from services.gateway.usecases.predict_range import PredictRange
from services.gateway.usecases.publish_model import NoteAnswer, Publish, Review, Unpublish
from services.gateway.usecases.rebuild_view import RebuildView
from services.gateway.usecases.show_dashboard import ShowDashboard
from services.gateway.usecases.show_plot import ShowPlot
from services.gateway.usecases.show_table import ShowTable
from services.gateway.usecases.show_training import ShowTraining
from services.gateway.usecases.start_training import StartTraining
from services.gateway.usecases.stop_training import StopTraining

# The routes of each noun; what their handlers call is among the use cases.
NOUNS: Final = (compute.routes, limits_noun.routes, make_catalogue_routes())


@dataclass(frozen=True, slots=True)
class LimitParts:
    """What a tier may use; `rates` are requests an hour, by tier."""

    limits: TierLimits
    rates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Studio:
    """What AI Studio adds to the app."""

    routers: Sequence[APIRouter]
    plain_routes: Sequence[BaseRoute]
    describe: Callable[[dict[str, Any]], None]
    models: ModelsMongo
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
    kind_jobs: KindJobParts
    use_cases: Sequence[Any] = ()

    async def prepare(self) -> None:
        """Make indexes."""
        await self.models.prepare()
        await self.kind_jobs.prepare()
        await self.listings.prepare()
        await self.subscribing.prepare()
        await self.past.prepare()
        await self.old_jobs.prepare()
        await self.activities.prepare()

    def bind(self, facts: Facts, *, tell: Tell, notices: Notices) -> None:
        """Listen to events about training and listings; `tell` passes them on to webhooks, `notices` to who watches live."""
        bind_training(facts, follow=self.follow, tell=tell, notices=notices)
        self.kind_jobs.bind(facts)
        bind_listings(facts, follow=self.follow_listings, tell=tell)
        self.subscribing.bind(facts, tell=tell)


def make_studio(
    *,
    database: Database,
    bus: Bus,
    artifacts: Artifacts,
    wake: Callable[[], None],
    limits: LimitParts,
    suspended: Suspended,
    settings: Settings,
) -> Studio:
    """Wire it; `wake` is called after each write that has events to be published (collections `models` and `jobs`)."""
    models, services = ModelsMongo(database["models"], on_write=wake), make_services(bus, settings)
    synthetic, past, old = settings.synthetic_allowed, PastJobsMongo(database["jobs"]), OldJobsMongo(database["jobs"], database["models"])
    listings = ListingsMongo(database["listings"])
    estimate, follow_listings, servables = EstimateTraining(past, now), FollowListings(listings, models), Servables()
    kind_jobs = make_kind_jobs(database, services=services, limits=limits.limits, wake=wake, synthetic_allowed=synthetic)
    jobs, show = kind_jobs.jobs, ShowTraining(models, kind_jobs.jobs, now)
    start = StartTraining(models, jobs, estimate, kind_jobs.accept, show, limits.limits, now)
    stop = StopTraining(jobs, show, services.training, services.marketplace, now)
    subscribing = make_subscribing(database, services, models=models, note=NoteAnswer(follow_listings), suspended=suspended)
    keep_versions = KeepVersions(AccountsMongo(database["accounts"]), listings, subscribing.subscriptions, limits.limits, now)
    activities = JobActivities(database["jobs"], database["models"])
    predict = Predict(models, services.inference, servables, subscribing.grants, synthetic)
    return Studio(
        routers=[
            *_models(models, start, estimate, servables, limits.limits, synthetic_allowed=synthetic),
            make_job_routes(JobUseCases(jobs, stop)),
            *_results(models, artifacts, PredictRange(predict, services.inference)),
            _dashboard(database, activities, services.marketplace),
            *NOUNS,
            *_selling(listings, models, subscribing, services.marketplace, suspended=suspended, synthetic_allowed=synthetic),
            *subscribing.routers,
        ],
        plain_routes=make_predict_routes(predict),
        describe=describe_predict,
        models=models,
        jobs=jobs,
        past=past,
        old_jobs=old,
        activities=activities,
        services=services,
        follow=FollowTraining(models, jobs, servables, keep_versions, show),
        listings=listings,
        follow_listings=follow_listings,
        subscribing=subscribing,
        stop=stop,
        rebuild=RebuildView(OwnersBus(bus), jobs, follow_listings, subscribing.follow),
        kind_jobs=kind_jobs,
        use_cases=_account_use_cases(database, services.marketplace, limits),
    )


def _results(models: ModelsMongo, artifacts: Artifacts, ranges: PredictRange) -> tuple[APIRouter, ...]:
    """Return the routes of what a version says of past days, and of what its training has drawn and kept."""
    importance = ImportanceUseCases(models, ShowPlot(models, PicturesArtifacts(artifacts)))
    return make_range_routes(ranges), make_importance_routes(importance), make_result_routes(ShowTable(models, TablesArtifacts(artifacts)))


def _models(
    models: ModelsMongo,
    start: StartTraining,
    estimate: EstimateTraining,
    servables: Servables,
    limits: TierLimits,
    *,
    synthetic_allowed: bool,
) -> tuple[APIRouter, ...]:
    """Return the routes of models: made, changed, trained, archived, and what a training would take."""
    use = ModelUseCases(
        models=models,
        create=CreateModel(models, limits, now),
        update=UpdateModel(models, limits, now),
        delete=DeleteModel(models),
        train=start,
        synthetic_allowed=synthetic_allowed,
    )
    archive, estimates = ArchiveModel(models, servables, limits, now), EstimateUseCases(models, estimate, now)
    return make_model_routes(use), make_archiving_routes(archive), make_estimate_routes(estimates)


def _account_use_cases(database: Database, marketplace: MarketplaceBus, limits: LimitParts) -> tuple[Any, ...]:
    """Return the use cases about an account itself: its compute hours and what its tier may use."""
    return (
        ComputeUseCases(marketplace, BuyCredits(marketplace), now),
        LimitUseCases(limits.limits, TierUseMongo(database), limits.rates),
    )


def _dashboard(database: Database, jobs: JobActivities, marketplace: MarketplaceBus) -> APIRouter:
    """Return the route of the dashboard; what has happened lately is told by each kind of thing."""
    overview = OverviewMongo(database["models"], database["jobs"])
    activities: list[Activities] = [
        ModelActivities(database["models"]),
        jobs,
        ListingActivities(database["listings"]),
        SubscriptionActivities(database["subscriptions"]),
    ]
    return make_dashboard_routes(ShowDashboard(overview, activities, marketplace, now))


def _selling(
    listings: ListingsMongo,
    models: ModelsMongo,
    subscribing: SubscribingParts,
    marketplace: MarketplaceBus,
    *,
    suspended: Suspended,
    synthetic_allowed: bool,
) -> tuple[APIRouter, ...]:
    """Return the routes of sellers and reviewers, of the shop window, and of records."""
    note = NoteAnswer(FollowListings(listings, models))
    publishing = PublishingUseCases(
        Publish(models, marketplace, note), Unpublish(models, listings, marketplace, note), now, synthetic_allowed
    )
    browsing = ListingUseCases(listings, models, Review(listings, marketplace, note), subscribing.subscriptions, suspended)
    records = RecordUseCases(marketplace, listings, subscribing.subscriptions, suspended)
    return make_publishing_routes(publishing), make_listing_routes(browsing), make_record_routes(records)
