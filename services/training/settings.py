"""What the training service reads from its environment."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from libs.chassis.production import Danger, mlflow_dangers, ray_dangers
from libs.chassis.settings import SharedSettings
from libs.contracts.job_kinds import JobKind
from services.training.domain.kinds import TIERS, WORK
from services.training.domain.limits import MIB, Limits

PositiveTime: TypeAlias = Annotated[timedelta, Field(gt=timedelta(0))]


class Settings(SharedSettings):
    """Own fields carry the prefix TRAINING_."""

    model_config = SettingsConfigDict(env_prefix="TRAINING_")

    ray_address: str = Field(validation_alias="RAY_ADDRESS", pattern=r"^[^\s/]+:\d+$", description="The Ray cluster's head, `host:port`.")
    warm_runners: NonNegativeInt = Field(
        2, description="Runners kept ready on the cluster, their imports done, as far as it has room. All training instances share them."
    )
    max_runners: PositiveInt | None = Field(
        None, description="Most runners at a time, warm ones included. Default: one for each CPU of the cluster."
    )
    gpus_per_runner: NonNegativeFloat = Field(
        0.0,
        description="GPUs that each runner asks the cluster for, so that a cluster which scales itself adds nodes that have some; a part of"
        " one (`0.25`) is shared. For a trainer of your own: those that come with the platform compute on CPUs.",
    )
    wall_time: timedelta = Field(
        timedelta(hours=48),
        gt=timedelta(0),
        description="Time by the clock that a job's runs may take in all, whatever its tier allows (`clock_hours_per_job` of"
        " `GATEWAY_TIER_LIMITS`); seconds or ISO 8601.",
    )
    checkpoints_kept: timedelta = Field(
        timedelta(days=14),
        ge=timedelta(0),
        description="How long the checkpoint of a job is kept that was ended by its limit (COMPUTE_LIMIT), for a later training to go on"
        " from.",
    )
    clock_by_kind: dict[JobKind, dict[str, PositiveTime]] = Field(
        default_factory=dict,
        validate_default=True,
        description='The same for jobs of a kind, where that is less, JSON by kind and tier: `{"backtest": {"free": 900}}`; what is left'
        " out keeps its default (docs/guides/compute.md).",
    )
    memory_limit_mb: PositiveInt = Field(4096, description="Memory in MiB that a job's runner may use.")
    memory_by_kind: dict[JobKind, dict[str, PositiveInt]] = Field(
        default_factory=dict,
        validate_default=True,
        description='The same for jobs of a kind, where that is less, JSON by kind and tier: `{"backtest": {"free": 1024}}`; what is left'
        " out keeps its default (docs/guides/compute.md).",
    )
    max_attempts: PositiveInt = Field(3, description="How often a job is tried that fails by an error of its own that may pass.")
    max_deaths: PositiveInt = Field(10, description="How many runners a job may lose in a row without a new checkpoint between.")
    retry_after: timedelta = Field(timedelta(seconds=0.5), description="Wait before the second attempt; doubles with every further one.")
    retry_at_most: timedelta = Field(timedelta(seconds=30), description="Longest wait between two attempts.")
    progress_every: timedelta = Field(
        timedelta(seconds=0.5),
        ge=timedelta(seconds=0.1),
        le=timedelta(seconds=3),  # A cancelled job is to be gone within five.
        description="How often a running job tells its progress at most. Each time is some writes and an event: with hundreds of jobs at"
        " once, `2` or `3` takes most of their cost away (docs/scale.md).",
    )
    lease: timedelta = Field(
        timedelta(seconds=10),
        ge=timedelta(seconds=1),
        description="How long an instance that says nothing keeps its jobs; then others take them over.",
    )
    job_life: timedelta = Field(
        timedelta(days=365), ge=timedelta(days=1), description="How long an ended job, its log included, stays in the ledger of jobs."
    )
    trainer: str = Field(
        "services.training.learners.train:train", pattern=r"^[\w.]+:\w+$", description="What runners call, `module:function`."
    )

    backbones: Path | None = Field(
        None,
        description="A folder of networks that trainings on texts may begin with, each a folder with `config.json`, `*.safetensors` and its"
        " tokenizer's files, by name or as `<owner>/<name>`: `ProsusAI/finbert`. Ray's workers read it, so it lies at the same place there."
        " Default: those that ship alone.",
    )
    mlflow_tracking_uri: str | None = Field(
        None,
        validation_alias="MLFLOW_TRACKING_URI",
        pattern=r"^(https?://[^\s/]+|sqlite:////?[^\s]+)",
        description="An MLflow that is told of every job that has ended: `http(s)://host:port` of its server, or `sqlite:///file`."
        " It needs the extra `mlflow` (docs/guides/mlflow.md); the server's credential is in `MLFLOW_TRACKING_USERNAME` and"
        " `MLFLOW_TRACKING_PASSWORD`, or in `MLFLOW_TRACKING_TOKEN`, which MLflow's client reads. Default: none is told.",
    )

    @field_validator("clock_by_kind", "memory_by_kind", mode="after")
    @classmethod
    def _fill_kinds(cls, given: dict[JobKind, dict[str, Any]], info: ValidationInfo) -> dict[JobKind, dict[str, Any]]:
        if unknown := {tier for tiers in given.values() for tier in tiers} - set(TIERS):
            message = f"'{min(unknown)}' is not a tier; there are {', '.join(TIERS)}"
            raise ValueError(message)
        rows = {kind: work.clock if info.field_name == "clock_by_kind" else work.memory_mb for kind, work in WORK.items()}
        return {kind: dict(row) | given.get(kind, {}) for kind, row in rows.items()}

    def dangers(self) -> Iterator[Danger]:
        """Yield what is not fit for production, the cluster included: Ray itself reads how it is secured."""
        yield from super().dangers()
        yield from ray_dangers(self.ray_address, environ=os.environ)
        yield from mlflow_dangers(self.mlflow_tracking_uri or "")

    @property
    def is_mirrored(self) -> bool:
        """Whether ended jobs are shown in MLflow."""
        return self.mlflow_tracking_uri is not None

    @property
    def limits(self) -> Limits:
        """What each job may use."""
        return Limits(
            clock_time=self.wall_time,
            checkpoints_kept=self.checkpoints_kept,
            clock_by_kind=self.clock_by_kind,
            memory_bytes=self.memory_limit_mb * MIB,
            memory_mb_by_kind=self.memory_by_kind,
            attempts=self.max_attempts,
            deaths=self.max_deaths,
            retry_after=self.retry_after,
            retry_at_most=self.retry_at_most,
        )
