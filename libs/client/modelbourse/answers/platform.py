"""What the gateway answers operators about the whole platform."""

from collections.abc import Sequence

from pydantic import Field

from modelbourse.answers.answer import REASONS, Answer, Moment


class Versions(Answer):
    """What the gateway that answered runs on; replicas tell their own."""

    release: str | None = Field(description="Of the platform; null where its package is not installed.", examples=["0.1.0"])
    python: str = Field(description="Of Python.", examples=["3.11.2"])
    libraries: dict[str, str] = Field(description="Of the main libraries.", examples=[{"fastapi": "0.139.2", "pydantic": "2.13.0"}])


class Replica(Answer):
    """A process that is not gone, as monitoring told of it last. What only itself can tell is null until a release of it that does."""

    instance: str = Field(description="Its name.", examples=["training-2"])
    service: str = Field(description="The service that it is of.", examples=["training"])
    health: str = Field(description="`healthy`, `degraded` or `silent`.", examples=["degraded"])
    reason: str = Field(description="Why: what its checks found.", examples=["redis: no answer within 1 s"])
    since: Moment = Field(description="Since when.", examples=["2026-01-15T15:30:00.000Z"])
    host: str | None = Field(description="Where it runs.", examples=["host-2"])
    version: str | None = Field(description="Its release of the platform.", examples=["0.1.0"])
    python: str | None = Field(description="Its Python.", examples=["3.11.2"])
    profile: str | None = Field(description="`development` or `production`.", examples=["production"])
    started_at: Moment | None = Field(description="When it was started.", examples=["2026-01-15T12:00:00.000Z"])
    local_artifacts: bool | None = Field(description="Whether its artifacts lie in a folder of its host.", examples=[False])
    allow_insecure: list[str] = Field(
        description="What it was started with although production refuses it (`<SERVICE>_ALLOW_INSECURE`).", examples=[["ray"]]
    )


class ConsumerGroup(Answer):
    """How far a service is behind with what it listens to."""

    group: str = Field(description="The consumer group, as Kafka has it.", examples=["modelbourse.marketplace"])
    lag: int = Field(description="Records that are not handled yet.", examples=[3])
    topics: dict[str, int] = Field(description="Of which topics; those where nothing waits are left out.", examples=[{"job.completed": 3}])


class Outbox(Answer):
    """Events of a service that wait to be published."""

    service: str = Field(description="The service.", examples=["gateway"])
    depth: int = Field(description="How many wait.", examples=[0])
    oldest_seconds: float = Field(description="For how long the oldest has waited; 0 when none does.", examples=[0.0])


class RayState(Answer):
    """The Ray cluster, as training sees it."""

    nodes: int = Field(description="Nodes.", examples=[3])
    cpus: int = Field(description="CPUs.", examples=[24])
    gpus: int = Field(description="GPUs.", examples=[1])
    runners: dict[str, int] = Field(description="Runners of jobs by what they do.", examples=[{"busy": 4, "free": 2, "starting": 0}])


class PlatformState(Answer):
    """The whole platform as it is now."""

    profile: str = Field(description="Of the gateway that answered.", examples=["production"])
    versions: Versions = Field(description="Of the gateway that answered.")
    replicas: Sequence[Replica] = Field(description="By service and name.")
    ways_around: dict[str, list[str]] = Field(
        description="What production would refuse and somebody has allowed: instances by name.", examples=[{"ray": ["training-2"]}]
    )
    consumer_groups: Sequence[ConsumerGroup] | None = Field(description="How far services are behind.")
    outboxes: Sequence[Outbox] | None = Field(description="What waits to be published.")
    dead_letters: int = Field(description="Messages that were set aside and wait for an operator.", examples=[0])
    cache_memory_ratio: float | None = Field(description="Share of Redis's memory that is used, 0 to 1.", examples=[0.12])
    ray: RayState | None = Field(description="The Ray cluster.")
    reasons: dict[str, str] = REASONS
