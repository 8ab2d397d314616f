"""What the platform offers to its faces, noun by noun: a handler asks for a noun's use cases by their class (`used(ModelUseCases)`)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from libs.market.age import Ages
from services.gateway.domain.accounts.ports import Accounts, ApiKeys
from services.gateway.domain.accounts.tier_limits import TierLimits, TierUse
from services.gateway.domain.datasets.ports import DatasetFiles, Datasets
from services.gateway.domain.environments.ports import Agents, Environments
from services.gateway.domain.experiments.ports import Experiments
from services.gateway.domain.jobs.ports import EveryJob, Jobs
from services.gateway.domain.marketplace.ports import ListingViews, Subscriptions, Suspended
from services.gateway.domain.models.ports import ArtifactFiles, Clock, Models
from services.gateway.domain.operations import Fleet, Letters, Replays
from services.gateway.domain.predictions.kept import KeptPredictions
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.services import Marketplace
from services.gateway.domain.webhooks.ports import Deliveries, Webhooks
from services.gateway.usecases.accounts.change_account import ChangeAccount, ChangePassword, EndSessions, RevokeKeys
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.accounts.erase_account import EraseAccount
from services.gateway.usecases.accounts.export_account import ExportAccount
from services.gateway.usecases.accounts.log_in import LogIn, LogOut
from services.gateway.usecases.accounts.make_api_key import MakeApiKey
from services.gateway.usecases.accounts.make_first_key import MakeFirstKey
from services.gateway.usecases.accounts.register import Register
from services.gateway.usecases.accounts.show_account import ShowAccount
from services.gateway.usecases.accounts.suspend_account import ResumeAccount, SuspendAccount
from services.gateway.usecases.datasets.change_dataset import DeleteDataset, RenameDataset
from services.gateway.usecases.datasets.delete_version import DeleteVersion
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.datasets.send_dataset import SendDataset
from services.gateway.usecases.datasets.show_datasets import ShowDatasets
from services.gateway.usecases.environments.delete_environment import DeleteEnvironment
from services.gateway.usecases.environments.make_environment import MakeEnvironment
from services.gateway.usecases.environments.train_agent import DraftAgent, DraftRun
from services.gateway.usecases.experiments.make_experiment import MakeExperiment
from services.gateway.usecases.experiments.remove_tunings import RemoveTunings
from services.gateway.usecases.experiments.run_experiment import RunExperiment
from services.gateway.usecases.experiments.show_experiments import ShowExperiments
from services.gateway.usecases.files.use_cases import FileUseCases as FileUseCases  # noqa: PLC0414 - faces ask here for it
from services.gateway.usecases.jobs.estimate_training import EstimateTraining
from services.gateway.usecases.jobs.requeue_job import RequeueJob
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.jobs.train_on_dataset import TrainOnDataset
from services.gateway.usecases.marketplace.buy_credits import BuyCredits
from services.gateway.usecases.marketplace.know_prices import KnowPrices
from services.gateway.usecases.marketplace.publish_model import Publish, Review, Unpublish
from services.gateway.usecases.marketplace.rate_listing import RateListings
from services.gateway.usecases.marketplace.show_listing import ShowListing
from services.gateway.usecases.marketplace.subscribe import ChangeSubscriptions, Subscribe
from services.gateway.usecases.models.archive_model import ArchiveModel
from services.gateway.usecases.models.change_model import DeleteModel, UpdateModel
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.models.remove_model import RemoveModel
from services.gateway.usecases.models.show_results import ShowResults
from services.gateway.usecases.models.show_version import ShowVersion
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.predictions.join_outcomes import ScoreLive
from services.gateway.usecases.predictions.make_prediction import MakePrediction
from services.gateway.usecases.rebuild_view import RebuildView
from services.gateway.usecases.registry.change_registered import ChangeRegistered
from services.gateway.usecases.registry.find_registered import FindRegistered
from services.gateway.usecases.registry.promote_version import DecidePromotion, PromoteVersion, RollBack
from services.gateway.usecases.registry.register_version import RegisterVersion
from services.gateway.usecases.registry.remove_version import RemoveVersion
from services.gateway.usecases.webhooks.keep_webhooks import ChangeWebhook, DeleteWebhook, MakeWebhook
from services.gateway.usecases.webhooks.notify_webhooks import ReplayDelivery, TryWebhook


@dataclass(frozen=True, slots=True)
class AccountUseCases:
    """One's own account, log-ins and API keys."""

    accounts: Accounts
    api_keys: ApiKeys
    register: Register
    log_in: LogIn
    log_out: LogOut
    change_password: ChangePassword
    make_key: MakeApiKey
    make_first_key: MakeFirstKey
    revoke_keys: RevokeKeys
    check_credential: CheckCredential


@dataclass(frozen=True, slots=True)
class OperatorUseCases:
    """What operators do: to accounts, to messages that could not be handled, to views; and how every process is."""

    accounts: Accounts
    show: ShowAccount
    change: ChangeAccount
    suspend: SuspendAccount
    resume: ResumeAccount
    export: ExportAccount
    erase: EraseAccount
    end_sessions: EndSessions
    revoke_keys: RevokeKeys
    fleet: Fleet
    letters: Letters
    dead: Replays
    rebuild: RebuildView


@dataclass(frozen=True, slots=True)
class OperatorJobUseCases:
    """What operators do to jobs of all accounts."""

    jobs: Jobs
    every: EveryJob
    stop: StopJob
    requeue: RequeueJob


@dataclass(frozen=True, slots=True)
class OwnJobUseCases:
    """One's own jobs, whatever their kind."""

    jobs: Jobs
    every: EveryJob
    stop: StopJob


@dataclass(frozen=True, slots=True)
class ModelUseCases:
    """Models, and what a training of them has measured."""

    models: Models
    create: CreateModel
    update: UpdateModel
    delete: DeleteModel
    archive: ArchiveModel
    stage: StageVersion
    results: ShowResults
    version: ShowVersion
    own: FindOwn
    synthetic_allowed: bool
    ages: Ages


@dataclass(frozen=True, slots=True)
class EngineModelUseCases:
    """Models as AI Engine has them: made without data, trained on a dataset, deleted whole; agents stand beside them."""

    models: Models
    agents: Agents
    jobs: Jobs
    create: CreateModel
    remove: RemoveModel
    train: TrainOnDataset
    stop: StopJob
    score: ScoreLive


@dataclass(frozen=True, slots=True)
class KeptPredictionUseCases:
    """Predictions that are kept: made, looked up, scored."""

    kept: KeptPredictions
    make: MakePrediction
    score: ScoreLive


@dataclass(frozen=True, slots=True)
class ExperimentUseCases:
    """Experiments and tunings: made, run, shown."""

    experiments: Experiments
    make: MakeExperiment
    run: RunExperiment
    remove_tunings: RemoveTunings
    show: ShowExperiments
    files: ArtifactFiles


@dataclass(frozen=True, slots=True)
class TrainingUseCases:
    """Trainings."""

    models: Models
    jobs: Jobs
    estimate: EstimateTraining
    start: StartJob
    stop: StopJob
    clock: Clock


@dataclass(frozen=True, slots=True)
class ComputeUseCases:
    """Compute hours, and what a tier may use; `rates` are requests an hour, by tier."""

    marketplace: Marketplace
    prices: KnowPrices
    buy: BuyCredits
    limits: TierLimits
    tier_use: TierUse
    rates: Mapping[str, int]
    clock: Clock


@dataclass(frozen=True, slots=True)
class ListingUseCases:
    """Listings: shown, rated, with their records; published, reviewed and withdrawn."""

    views: ListingViews
    models: Models
    marketplace: Marketplace
    suspended: Suspended
    show: ShowListing
    rate: RateListings
    publish: Publish
    unpublish: Unpublish
    review: Review
    clock: Clock
    synthetic_allowed: bool
    ages: Ages
    live: FindOwn
    fetched: Collection[str]


@dataclass(frozen=True, slots=True)
class SubscriptionUseCases:
    """Subscriptions, and what models earn by them."""

    subscriptions: Subscriptions
    subscribe: Subscribe
    change: ChangeSubscriptions
    marketplace: Marketplace
    models: Models


@dataclass(frozen=True, slots=True)
class DatasetUseCases:
    """An account's own rows, and what comes with the platform."""

    datasets: Datasets
    send: SendDataset
    show: ShowDatasets
    rename: RenameDataset
    delete: DeleteDataset
    delete_version: DeleteVersion
    files: DatasetFiles
    limits: TierLimits


@dataclass(frozen=True, slots=True)
class WebhookUseCases:
    """Webhooks and their deliveries; in `development` they may be on this machine."""

    webhooks: Webhooks
    deliveries: Deliveries
    make: MakeWebhook
    change: ChangeWebhook
    delete: DeleteWebhook
    test: TryWebhook
    replay: ReplayDelivery
    development: bool


@dataclass(frozen=True, slots=True)
class RegistryUseCases:
    """Versions of models by name; `decide` is for admins."""

    registry: Registry
    register: RegisterVersion
    promote: PromoteVersion
    remove: RemoveVersion
    roll_back: RollBack
    change: ChangeRegistered
    find: FindRegistered
    decide: DecidePromotion


@dataclass(frozen=True, slots=True)
class EnvironmentUseCases:
    """Markets in which agents learn to trade."""

    environments: Environments
    make: MakeEnvironment
    delete: DeleteEnvironment


@dataclass(frozen=True, slots=True)
class AgentUseCases:
    """Agents: trained in an environment, shown, let loose."""

    agents: Agents
    environments: Environments
    draft: DraftAgent
    draft_run: DraftRun
    jobs: Jobs
    start: StartJob
    stop: StopJob
    delete: DeleteEnvironment
    files: ArtifactFiles
