"""The gateway's wiring of jobs of every kind."""

from dataclasses import dataclass

from libs.chassis.bus.handlers import Facts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.datasets import DatasetParts
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.domain.notices import Notices
from services.gateway.environments import make_environments
from services.gateway.inbound.events.jobs import bind_jobs
from services.gateway.inbound.events.notify import Notify
from services.gateway.outbound.deployments.deployments_mongo import DeploymentsMongo
from services.gateway.outbound.experiments.experiments_mongo import ExperimentsMongo
from services.gateway.outbound.files.files_mongo import FilesMongo
from services.gateway.outbound.jobs.every_job_mongo import EveryJobMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.past_jobs_mongo import PastJobsMongo
from services.gateway.outbound.jobs.trials_mongo import TrialsMongo
from services.gateway.outbound.services_bus import Services
from services.gateway.recipes import make_keep_example
from services.gateway.settings import Settings
from services.gateway.usecases.datasets.keep_scores import KeepScores
from services.gateway.usecases.experiments.remove_tunings import RemoveTunings
from services.gateway.usecases.files.keep_file import Room
from services.gateway.usecases.files.land_files import LandFiles
from services.gateway.usecases.jobs.effects import Effects
from services.gateway.usecases.jobs.estimate_training import EstimateTraining
from services.gateway.usecases.jobs.follow_jobs import FollowJobs
from services.gateway.usecases.jobs.keep_files import KeepFiles
from services.gateway.usecases.jobs.make_recipe_version import MakeRecipeVersion
from services.gateway.usecases.jobs.make_text_version import MakeTextVersion
from services.gateway.usecases.jobs.make_version import MakeVersion
from services.gateway.usecases.jobs.play_backtest import PlayableModels, PlayBacktest
from services.gateway.usecases.jobs.run_search import RunSearch
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.monitoring.keep_snapshot import KeepSnapshot


@dataclass(frozen=True, slots=True)
class JobParts:
    """What a face needs to estimate, start, show and stop jobs of any kind."""

    jobs: JobsMongo
    past: PastJobsMongo
    every: EveryJobMongo
    trials: TrialsMongo
    experiments: ExperimentsMongo
    remove_tunings: RemoveTunings
    estimate: EstimateTraining
    start: StartJob
    stop: StopJob
    follow: FollowJobs

    async def prepare(self) -> None:
        """Make indexes."""
        await self.jobs.prepare()
        await self.past.prepare()
        await self.every.prepare()
        await self.experiments.prepare()
        await self.trials.prepare(life=self.follow.life)

    def bind(self, facts: Facts, *, notify: Notify, notices: Notices) -> None:
        """Listen to events about jobs; `notify` passes them on to webhooks, `notices` to who watches live."""
        bind_jobs(facts, follow=self.follow, notify=notify, notices=notices)


def make_jobs(
    database: Database,
    jobs: JobsMongo,
    makes: MakeVersion,
    *,
    datasets: DatasetParts,
    services: Services,
    limits: TierLimits,
    settings: Settings,
    snapshots: KeepSnapshot,
) -> JobParts:
    """Wire them; `makes` and what `datasets` have are what jobs change beside themselves."""
    checks, refreshes = datasets.makes, datasets.makes_live
    # Read alone: what is deployed is written by who deploys it.
    trials, deployed = TrialsMongo(database), DeploymentsMongo(database["deployments"], on_write=lambda: None)
    experiments = ExperimentsMongo(database["experiments"])
    files, keep = FilesMongo(database["files"]), makes.keep_versions
    land = LandFiles(files, keep.accounts, Room(files, limits))
    effects = {
        Outcome.NOTHING: Effects(),
        Outcome.MODEL_VERSION: makes,
        Outcome.DATASET_VERSION: checks,
        Outcome.LIVE_VERSION: refreshes,
        Outcome.EXPERIMENT: RunSearch(experiments, jobs, now),
        Outcome.TRIALS: PlayBacktest(trials, PlayableModels(makes.models, deployed), now),
        Outcome.AGENT: make_environments(database).makes,
        Outcome.FILES: KeepFiles(files, jobs, land),
        Outcome.SNAPSHOT: snapshots,
        Outcome.SCORES: KeepScores(checks, checks.datasets, KeepFiles(files, jobs, land)),
        Outcome.TEXT_VERSION: MakeTextVersion(makes.models, jobs, files, keep.accounts, keep, makes.servables, limits, now, land),
        Outcome.RECIPE_VERSION: MakeRecipeVersion(makes.models, jobs, keep, now),
        Outcome.SYNTHETIC_EXAMPLE: make_keep_example(database, keep.accounts, jobs),
    }
    past = PastJobsMongo(database["jobs"])
    estimate = EstimateTraining(past, checks.own, now)
    return JobParts(
        jobs=jobs,
        past=past,
        every=EveryJobMongo(database["jobs"]),
        trials=trials,
        experiments=experiments,
        remove_tunings=RemoveTunings(experiments, jobs, now),
        estimate=estimate,
        start=StartJob(jobs, services.marketplace, estimate, effects, checks.own, limits, now, settings.synthetic_allowed),
        stop=StopJob(jobs, effects, services.training, services.marketplace, now),
        follow=FollowJobs(jobs, effects, now, settings.job_life),
    )
