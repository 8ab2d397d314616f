"""What the training service reads from its environment."""

from datetime import timedelta

from pydantic import Field, NonNegativeInt, PositiveInt
from pydantic_settings import SettingsConfigDict

from libs.chassis.settings import SharedSettings
from services.training.domain.limits import MIB, Limits


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
    memory_limit_mb: PositiveInt = Field(4096, description="Memory in MiB that a job's runner may use.")
    max_attempts: PositiveInt = Field(3, description="How often a job is tried that fails by an error of its own that may pass.")
    max_deaths: PositiveInt = Field(10, description="How many runners a job may lose in a row without a new checkpoint between.")
    retry_after: timedelta = Field(timedelta(seconds=0.5), description="Wait before the second attempt; doubles with every further one.")
    retry_at_most: timedelta = Field(timedelta(seconds=30), description="Longest wait between two attempts.")
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

    @property
    def limits(self) -> Limits:
        """What each job may use."""
        return Limits(
            clock_time=self.wall_time,
            checkpoints_kept=self.checkpoints_kept,
            memory_bytes=self.memory_limit_mb * MIB,
            attempts=self.max_attempts,
            deaths=self.max_deaths,
            retry_after=self.retry_after,
            retry_at_most=self.retry_at_most,
        )
