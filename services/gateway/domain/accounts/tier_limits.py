"""What each tier may use: the one table of limits (requests an hour are counted at the gate: inbound/http/limits.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.training import Priority, TrainingSpec
from services.gateway.domain.accounts.account import Tier


class Limit(StrEnum):
    """What is limited."""

    JOBS = "jobs_at_once"
    MODELS = "models"
    ARCHIVED = "archived_models"
    SYMBOLS = "symbols_per_training"
    HOURS = "hours_per_job"
    CLOCK = "clock_hours_per_job"
    WORKERS = "workers_per_job"
    WEBHOOKS = "webhooks"
    API_KEYS = "api_keys"
    VERSIONS = "versions_per_model"
    DATASETS = "datasets"
    UPLOAD = "upload_bytes"
    UPLOAD_ROWS = "rows_per_dataset"
    BYTES = "dataset_bytes"
    ROWS = "dataset_rows"
    FILES = "files"
    FILE_BYTES = "file_bytes"
    EXPERIMENTS = "experiments"
    TRIALS = "trials_per_search"
    PARALLEL_TRIALS = "trials_at_once"
    RECIPES = "recipes"


DEFAULTS: Final[Mapping[str, Mapping[str, int]]] = {
    Limit.JOBS: {Tier.FREE: 2, Tier.PRO: 10, Tier.ELITE: 50},
    Limit.MODELS: {Tier.FREE: 20, Tier.PRO: 200, Tier.ELITE: 2000},
    Limit.ARCHIVED: {Tier.FREE: 200, Tier.PRO: 2000, Tier.ELITE: 20000},
    Limit.SYMBOLS: {Tier.FREE: 10, Tier.PRO: 25, Tier.ELITE: 50},
    Limit.HOURS: {Tier.FREE: 1, Tier.PRO: 6, Tier.ELITE: 24},
    Limit.CLOCK: {Tier.FREE: 4, Tier.PRO: 12, Tier.ELITE: 48},
    Limit.WORKERS: {Tier.FREE: 1, Tier.PRO: 4, Tier.ELITE: 8},
    Limit.WEBHOOKS: {Tier.FREE: 5, Tier.PRO: 20, Tier.ELITE: 50},
    Limit.API_KEYS: {Tier.FREE: 20, Tier.PRO: 100, Tier.ELITE: 500},
    Limit.VERSIONS: {Tier.FREE: 10, Tier.PRO: 50, Tier.ELITE: 200},
    Limit.DATASETS: {Tier.FREE: 20, Tier.PRO: 200, Tier.ELITE: 2000},
    Limit.UPLOAD: {Tier.FREE: 50_000_000, Tier.PRO: 200_000_000, Tier.ELITE: 500_000_000},
    Limit.UPLOAD_ROWS: {Tier.FREE: 2_000_000, Tier.PRO: 10_000_000, Tier.ELITE: 20_000_000},
    Limit.BYTES: {Tier.FREE: 500_000_000, Tier.PRO: 5_000_000_000, Tier.ELITE: 50_000_000_000},
    Limit.ROWS: {Tier.FREE: 10_000_000, Tier.PRO: 100_000_000, Tier.ELITE: 1_000_000_000},
    Limit.FILES: {Tier.FREE: 2_000, Tier.PRO: 20_000, Tier.ELITE: 200_000},
    Limit.FILE_BYTES: {Tier.FREE: 2_000_000_000, Tier.PRO: 20_000_000_000, Tier.ELITE: 200_000_000_000},
    Limit.EXPERIMENTS: {Tier.FREE: 50, Tier.PRO: 500, Tier.ELITE: 5000},
    Limit.TRIALS: {Tier.FREE: 50, Tier.PRO: 500, Tier.ELITE: 1000},
    Limit.PARALLEL_TRIALS: {Tier.FREE: 4, Tier.PRO: 8, Tier.ELITE: 16},
    Limit.RECIPES: {Tier.FREE: 50, Tier.PRO: 500, Tier.ELITE: 5000},
}
PRIORITIES: Final[Mapping[Tier, tuple[Priority, ...]]] = {
    Tier.FREE: (Priority.LOW, Priority.NORMAL),
    Tier.PRO: tuple(Priority),
    Tier.ELITE: tuple(Priority),
}
MEANINGS: Final[Mapping[Limit, str]] = {
    Limit.JOBS: "jobs of any kind that wait or run",
    Limit.MODELS: "models, drafts included; archived ones are not counted",
    Limit.ARCHIVED: "archived models",
    Limit.SYMBOLS: "symbols in a training",
    Limit.HOURS: "compute hours that a job may be expected to take",
    Limit.CLOCK: "hours that a job may run by the clock",
    Limit.WORKERS: "workers of a training",
    Limit.WEBHOOKS: "webhooks",
    Limit.API_KEYS: "API keys, expired ones included: revoke what is no longer used",
    Limit.VERSIONS: "newest versions of a model, and as many in a stage or with an alias, beside those on sale or with a subscriber",
    Limit.DATASETS: "datasets, refused ones included: delete what is no longer used",
    Limit.UPLOAD: "bytes in a file that is sent",
    Limit.UPLOAD_ROWS: "rows in a version of a dataset",
    Limit.BYTES: "bytes of all versions of all datasets, as they are kept: delete versions or datasets that are no longer used",
    Limit.ROWS: "rows of all datasets, of each as its newest usable version has them",
    Limit.FILES: "files of the data root, those that jobs have made included",
    Limit.FILE_BYTES: "bytes of the files of the data root, files with the same bytes once",
    Limit.EXPERIMENTS: "experiments, tunings of models included: delete what is no longer used",
    Limit.TRIALS: "trials of a search for hyperparameters",
    Limit.PARALLEL_TRIALS: "trials of a search at a time",
    Limit.RECIPES: "recipes, archived ones included: delete what is no longer used",
}
# Where a request says what is limited; the others are counted.
FIELDS: Final[Mapping[Limit, str]] = {
    Limit.SYMBOLS: "training_config.symbols",
    Limit.WORKERS: "training_config.num_workers",
    Limit.UPLOAD: "file",
    Limit.TRIALS: "max_trials",
    Limit.PARALLEL_TRIALS: "parallel_trials",
}


class SubscriptionRequiredError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """A higher tier may have more."""


class LimitReachedError(InvalidError):
    """No tier may have more."""


@dataclass(frozen=True, slots=True)
class TierLimits:
    """Limits by name and tier."""

    table: Mapping[str, Mapping[str, int]]

    def most(self, limit: Limit, tier: Tier) -> int:
        """Return how much of it a tier may have."""
        return self.table[limit][tier]

    def more_on(self, limit: Limit, tier: Tier) -> Tier | None:
        """Return the lowest tier that may have more; None when there is none."""
        return next((each for each in Tier if self.most(limit, each) > self.most(limit, tier)), None)

    def refusal(self, *passed: Limit, tier: Tier) -> SubscriptionRequiredError | LimitReachedError:
        """Return the error that names each limit that is passed, the tier's value, and which tier has more."""
        details = {FIELDS.get(limit, limit.value): [self._sentence(limit, tier)] for limit in passed}
        message = f"Tier '{tier.value}' has at most {' and '.join(f'{self.most(limit, tier)} {MEANINGS[limit]}' for limit in passed)}."
        more = all(self.more_on(limit, tier) for limit in passed)
        return (SubscriptionRequiredError if more else LimitReachedError)(message, details=details)

    def check(self, limit: Limit, wanted: float, *, tier: Tier) -> None:
        """Raise SubscriptionRequiredError or LimitReachedError when this is more than the tier may have."""
        if wanted > self.most(limit, tier):
            raise self.refusal(limit, tier=tier)

    def check_spec(self, spec: TrainingSpec, *, tier: Tier) -> None:
        """Raise SubscriptionRequiredError or LimitReachedError for a training that is larger than the tier may have."""
        wanted = {Limit.SYMBOLS: len(spec.training_config.get("symbols", ())), Limit.WORKERS: spec.workers}
        if passed := [limit for limit, count in wanted.items() if count > self.most(limit, tier)]:
            raise self.refusal(*passed, tier=tier)

    def _sentence(self, limit: Limit, tier: Tier) -> str:
        own, more = f"{limit.value}: {self.most(limit, tier)} on tier '{tier.value}'", self.more_on(limit, tier)
        return f"{own}; '{more.value}' has {self.most(limit, more)}." if more else f"{own}, and no tier has more."


class TierUse(Protocol):
    """What accounts have of what is counted."""

    async def read(self, account_id: str) -> Mapping[Limit, int]:
        """Return how many jobs wait or run, how many models, archived models, webhooks, API keys and datasets there are, and their size."""
