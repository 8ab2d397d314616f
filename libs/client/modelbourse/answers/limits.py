"""What the gateway answers about what a tier may use."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import Answer

TierName = Literal["free", "pro", "elite"]
Priority = Literal["LOW", "NORMAL", "HIGH"]


class Limit(Answer):
    """How much of something the account may have."""

    limit: int = Field(description="The most that it may have.", examples=[10])
    used: int | None = Field(
        description="How much it has; null where the limit is one of each request and not of the account.", examples=[1]
    )
    description: str = Field(description="What the limit is of.", examples=["Models that are not archived."])
    more_on: TierName | None = Field(description="The lowest tier that may have more; null when none may.", examples=["pro"])


class Limits(Answer):
    """The account's limits."""

    jobs_at_once: Limit = Field(description="Jobs of any kind that wait or run.")
    models: Limit = Field(description="Models, drafts included; archived ones are not counted.")
    archived_models: Limit = Field(description="Archived models.")
    symbols_per_training: Limit = Field(description="Symbols in a training.")
    hours_per_job: Limit = Field(description="Compute hours that a job may be expected to take.")
    clock_hours_per_job: Limit = Field(description="Hours that a job may run by the clock.")
    workers_per_job: Limit = Field(description="Workers of a training.")
    webhooks: Limit = Field(description="Webhooks.")
    api_keys: Limit = Field(description="API keys, expired ones included.")
    versions_per_model: Limit = Field(description="Newest versions of a model that are kept, beside those in use by subscribers.")
    datasets: Limit = Field(description="Datasets, refused ones included.")
    upload_bytes: Limit = Field(description="Bytes in a file that is sent.")
    rows_per_dataset: Limit = Field(description="Rows in a version of a dataset.")
    dataset_bytes: Limit = Field(description="Bytes of all versions of all datasets, as they are kept.")
    dataset_rows: Limit = Field(description="Rows of all datasets, of each as its newest usable version has them.")
    files: Limit = Field(description="Files of the data root, those that jobs have made included.")
    file_bytes: Limit = Field(description="Bytes of the files of the data root, files with the same bytes once.")
    experiments: Limit = Field(description="Experiments, tunings of models included.")
    trials_per_search: Limit = Field(description="Trials of a search for hyperparameters.")
    trials_at_once: Limit = Field(description="Trials of a search at a time.")
    recipes: Limit = Field(description="Recipes, archived ones included.")


class TierOffer(Answer):
    """What a tier has."""

    jobs_at_once: int = Field(description="Jobs of any kind that wait or run.")
    models: int = Field(description="Models, drafts included; archived ones are not counted.")
    archived_models: int = Field(description="Archived models.")
    symbols_per_training: int = Field(description="Symbols in a training.")
    hours_per_job: int = Field(description="Compute hours that a job may be expected to take.")
    clock_hours_per_job: int = Field(description="Hours that a job may run by the clock.")
    workers_per_job: int = Field(description="Workers of a training.")
    webhooks: int = Field(description="Webhooks.")
    api_keys: int = Field(description="API keys, expired ones included.")
    versions_per_model: int = Field(description="Newest versions of a model that are kept, beside those in use by subscribers.")
    datasets: int = Field(description="Datasets, refused ones included.")
    upload_bytes: int = Field(description="Bytes in a file that is sent.")
    rows_per_dataset: int = Field(description="Rows in a version of a dataset.")
    dataset_bytes: int = Field(description="Bytes of all versions of all datasets, as they are kept.")
    dataset_rows: int = Field(description="Rows of all datasets, of each as its newest usable version has them.")
    files: int = Field(description="Files of the data root, those that jobs have made included.")
    file_bytes: int = Field(description="Bytes of the files of the data root, files with the same bytes once.")
    experiments: int = Field(description="Experiments, tunings of models included.")
    trials_per_search: int = Field(description="Trials of a search for hyperparameters.")
    trials_at_once: int = Field(description="Trials of a search at a time.")
    recipes: int = Field(description="Recipes, archived ones included.")
    priorities: list[Priority] = Field(description="Of training jobs.")
    requests_per_hour: int = Field(description="To AI Studio.")
    monthly_hours: float = Field(description="Compute hours that each month brings.")


class Tiers(Answer):
    """What each tier has."""

    free: TierOffer = Field(description="Every account begins here.")
    pro: TierOffer = Field(description="More of everything.")
    elite: TierOffer = Field(description="The most there is.")


class TierLimits(Answer):
    """What the account's tier may use, and what the others may."""

    tier: TierName = Field(description="The account's tier.")
    limits: Limits = Field(description="What it may have, and what it has.")
    priorities: list[Priority] = Field(description="Of training jobs.")
    requests_per_hour: int = Field(description="To AI Studio; what is left of them is in the headers `X-RateLimit-…` of each answer.")
    monthly_hours: float = Field(description="Compute hours that each month brings; see `GET /api/ai-studio/compute/usage/`.")
    tiers: Tiers = Field(description="The same of every tier.")
