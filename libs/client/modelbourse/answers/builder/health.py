"""What Model Builder answers about its health."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, REASONS, Answer, Moment

HealthWord = Literal["healthy", "degraded", "unhealthy"]
MlflowWord = Literal["connected", "not configured", "unreachable"]
VERSION: Final = "1.0.0"


class BuilderDependencies(Answer):
    """What Model Builder stands on; null where it is not known, with the reason."""

    mlflow: MlflowWord | None = Field(description="The MLflow that is told of runs and versions.", examples=["connected"])
    gpu: Literal["available", "not available"] | None = Field(description="Whether trainings may have a GPU.", examples=["not available"])
    storage: Literal["accessible", "unreachable"] = Field(description="The artifact store, where files and models lie.")
    training: Literal["connected", "unreachable"] | None = Field(description="The service that works on jobs.", examples=["connected"])


class BuilderHealth(Answer):
    """Whether Model Builder works, from what was looked at within the last seconds."""

    status: HealthWord = Field(
        description="`unhealthy` where nothing can be kept or trained; `degraded` where MLflow is unreachable, or something is not known."
    )
    timestamp: Moment = Field(description="When it was looked at (UTC).", examples=[AT])
    version: str = Field(description="The version of this API.", examples=[VERSION])
    dependencies: BuilderDependencies = Field(description="What it stands on.")
    reasons: dict[str, str] = REASONS


class BuilderStatus(Answer):
    """What Model Builder does, and what its host has."""

    service: Literal["sentiment-model-builder"] = Field(description="Its name.")
    version: str = Field(description="The version of this API.", examples=[VERSION])
    uptime: str = Field(description="Since when this gateway runs.", examples=["2h 15m 30s"])
    active_training_jobs: int | None = Field(description="Trainings of all accounts that run now.", examples=[1])
    gpu_utilization: float | None = Field(description="Mean over the GPUs, in percent.", examples=[None])
    memory_usage: str = Field(description="Of the gateway's host: used / all, a GB being 10^9 bytes.", examples=["4.2GB / 16GB"])
    disk_usage: str = Field(
        description="Of the disk that the artifact store lies on where it is the gateway's, else of its own.", examples=["12.5GB / 100GB"]
    )
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{"gpu_utilization": "There is no GPU."}])
