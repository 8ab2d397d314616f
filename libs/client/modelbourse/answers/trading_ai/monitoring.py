"""What the gateway answers about the health of the platform and its alerts. What is not known is null, and `reasons` says why."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import Field

from modelbourse.answers.answer import REASONS, Answer, Moment

HealthStatus: TypeAlias = Literal["healthy", "degraded", "unhealthy"]
Severity: TypeAlias = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]
AlertStatus: TypeAlias = Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"]
FROM = "2026-01-15T15:30:00.000Z"


class Part(Answer):
    """A part of the platform."""

    status: HealthStatus = Field(description="How it is.")
    warning: str | None = Field(None, description="`degraded`: why.")
    error: str | None = Field(None, description="`unhealthy`: why.")
    reasons: dict[str, str] = REASONS


class Worker(Answer):
    """A process that takes up jobs."""

    worker_id: str = Field(description="Its name.", examples=["training-1"])
    status: Literal["online", "silent"] = Field(description="Whether it is heard.")
    current_task: str | None = Field(description="What it looks after; null when that is nothing.", examples=["2 jobs"])
    tasks_processed: int | None = Field(description="Jobs that it has brought to an end since it was started.", examples=[42])


class WorkersHealth(Part):
    """Who takes up jobs: processes of training. `ray` has the runners that do the work."""

    active_workers: int | None = Field(description="How many are heard.", examples=[2])
    queued_tasks: int | None = Field(description="Jobs that wait for a runner.", examples=[5])
    processed_tasks_total: int | None = Field(description="Jobs that came to their end since the processes were started.", examples=[42])
    failed_tasks_total: int | None = Field(description="Of these, how many failed.", examples=[1])
    workers: Sequence[Worker] = Field(description="Each of them, by name.")


class QueueHealth(Part):
    """The same as `kafka`, in the words of a message queue."""

    queue_depth: int | None = Field(description="Records that are not handled yet, of all consumer groups.", examples=[5])
    messages_ready: int | None = Field(description="The same: what is handled is not told apart from what waits.", examples=[5])
    messages_unacknowledged: int | None = Field(description="Always null.", examples=[None])
    consumers: int | None = Field(description="Consumers of all groups.", examples=[8])
    connection_status: Literal["connected", "disconnected"] = Field(description="Whether a broker answers.")


class GroupHealth(Answer):
    """A consumer group."""

    group: str = Field(description="Its name.", examples=["modelbourse.marketplace"])
    lag: int | None = Field(description="Records that are not handled yet; null where nobody is in it to count them.", examples=[3])
    consumers: int = Field(description="Processes that are in it.", examples=[1])


class KafkaHealth(Part):
    """The broker."""

    connected: bool = Field(description="Whether a broker answers.")
    lag: int | None = Field(description="Records that are not handled yet, of all groups.", examples=[5])
    groups: Sequence[GroupHealth] | None = Field(description="Group by group.")


class MongoHealth(Part):
    """The store of the gateway."""

    connections: int | None = Field(description="That are open.", examples=[12])
    connections_available: int | None = Field(description="That could be opened besides.", examples=[88])
    operations_per_second: float | None = Field(description="Since the look before.", examples=[145.0])
    replication_lag_ms: float | None = Field(description="How far the slowest secondary is behind; 0 without one.", examples=[0.0])
    database_size_mb: float | None = Field(description="What the gateway's database takes on disk, indexes included.", examples=[24.5])


class RedisHealth(Part):
    """The cache."""

    memory_usage_mb: float | None = Field(description="Memory that is used.", examples=[12.0])
    memory_max_mb: float | None = Field(description="Memory that may be used.", examples=[256.0])
    memory_utilization: float | None = Field(description="The share of it, 0 to 1.", examples=[0.047])
    connected_clients: int | None = Field(description="Connections.", examples=[8])
    keys_count: int | None = Field(description="Keys of its database.", examples=[1245])
    hit_rate: float | None = Field(description="Share of look-ups that found something since it was started, 0 to 1.", examples=[0.94])


class RayHealth(Part):
    """The cluster that trains."""

    nodes: int | None = Field(description="Nodes.", examples=[2])
    cpus: int | None = Field(description="CPUs.", examples=[16])
    gpus: int | None = Field(description="GPUs.", examples=[0])
    runners_busy: int | None = Field(description="Runners that have a job.", examples=[4])
    runners_idle: int | None = Field(description="Runners that are ready for one.", examples=[2])
    queued: int | None = Field(description="Jobs that wait for a runner.", examples=[5])


class LlmHealth(Part):
    """The LLM's provider. Without a key, technical analyses stand alone, which is healthy."""

    api_key_configured: bool | None = Field(description="Whether there is a key.", examples=[False])
    rate_limit_status: str | None = Field(
        description="`limited` where the provider put its last call off, `ok` where that went well.", examples=["ok"]
    )
    requests_last_hour: int | None = Field(description="`/ai/cost/statistics` counts by the day.", examples=[None])
    requests_remaining: int | None = Field(description="Its provider does not tell.", examples=[None])


class Services(Answer):
    """Part by part."""

    celery_workers: WorkersHealth = Field(description="Who takes up jobs.")
    rabbitmq: QueueHealth = Field(description="What waits on the bus.")
    mongodb: MongoHealth = Field(description="The store.")
    redis: RedisHealth = Field(description="The cache of all services.")
    openai: LlmHealth = Field(description="The LLM.")
    kafka: KafkaHealth = Field(description="The bus, in its own words.")
    ray: RayHealth = Field(description="The cluster.")


class HostUse(Answer):
    """How busy a host is."""

    host: str = Field(description="Its name.", examples=["host-1"])
    cpu_usage_percent: float | None = Field(description="Of its processors, over the last seconds.", examples=[45.2])
    memory_usage_percent: float | None = Field(description="Of its memory.", examples=[62.8])
    disk_usage_percent: float | None = Field(description="Of the disk with the artifacts, or where the process runs.", examples=[38.5])
    network_io_mbps: float | None = Field(description="Megabits a second, sent and received.", examples=[12.4])


class SystemResources(Answer):
    """The busiest host's figures, and of the network the sum; host by host under `hosts`."""

    cpu_usage_percent: float | None = Field(description="The most of any host.", examples=[45.2])
    memory_usage_percent: float | None = Field(description="The most of any host.", examples=[62.8])
    disk_usage_percent: float | None = Field(description="The most of any host.", examples=[38.5])
    network_io_mbps: float | None = Field(description="Of all hosts.", examples=[12.4])
    hosts: Sequence[HostUse] = Field(description="Host by host.")
    reasons: dict[str, str] = REASONS


class PerformanceMetrics(Answer):
    """Of the jobs that ended within the last hour."""

    avg_task_execution_time_seconds: float | None = Field(description="From the start to the end.", examples=[180.0])
    avg_queue_wait_time_seconds: float | None = Field(description="From the request to the start.", examples=[15.0])
    tasks_per_hour: int | None = Field(description="How many ended.", examples=[24])
    error_rate: float | None = Field(description="The share that failed, 0 to 1.", examples=[0.02])
    reasons: dict[str, str] = REASONS


class SystemHealth(Answer):
    """How the platform is."""

    status: HealthStatus = Field(description="`unhealthy` comes with the status 503.")
    timestamp: Moment = Field(description="When this was answered.", examples=[FROM])
    services: Services = Field(description="Its parts, each for itself.")
    system_resources: SystemResources = Field(description="The hosts.")
    performance_metrics: PerformanceMetrics = Field(description="The work.")
    warnings: Sequence[str] = Field(description="What somebody should look at; alerts that are not over among it.")
    errors: Sequence[str] = Field(description="What makes it unhealthy.")
    last_check: Moment = Field(description="When the parts were looked at: seconds ago at most.", examples=[FROM])


class Alert(Answer):
    """Something that needs, or needed, a look."""

    alert_id: str = Field(description="Its readable id.", examples=["alert_high_cpu_20260115_153000"])
    severity: Severity = Field(description="How much it matters.", examples=["HIGH"])
    title: str = Field(description="What is the matter.", examples=["High CPU usage"])
    description: str = Field(description="In words.", examples=["The processors of host-1 are busy by 92.4 %, above 85 % for a minute."])
    status: AlertStatus = Field(description="Where it stands.")
    service: str = Field(description="The service, store or host that it is about.", examples=["host-1"])
    subject: str = Field(description="What exactly.", examples=["host-1"])
    metric: str | None = Field(description="What was measured.", examples=["cpu_usage_percent"])
    current_value: float | None = Field(description="What was found when it was raised; once it is over, when it ended.", examples=[92.4])
    threshold: float | None = Field(description="What that was above.", examples=[85.0])
    created_at: Moment = Field(description="When it was raised.", examples=[FROM])
    acknowledged_at: Moment | None = Field(description="When somebody said to look after it.")
    acknowledged_by: str | None = Field(None, description="Who; for admins alone.", examples=["ada"])
    acknowledgement_notes: str | None = Field(None, description="What that was said with; for admins alone.")
    resolved_at: Moment | None = Field(description="When it was over.")
    resolved_by: str | None = Field(None, description="Who said so; for admins alone, and null where it ended by itself.")
    resolution_notes: str | None = Field(description="How it ended.")
    reasons: dict[str, str] = REASONS


class AlertSummary(Answer):
    """How many alerts there are, whatever the filters."""

    critical: int = Field(description="By severity.", examples=[0])
    high: int = Field(description="By severity.", examples=[1])
    medium: int = Field(description="By severity.", examples=[3])
    low: int = Field(description="By severity.", examples=[0])
    open: int = Field(description="By status.", examples=[1])
    acknowledged: int = Field(description="By status.", examples=[1])
    resolved: int = Field(description="By status.", examples=[2])


class Alerts(Answer):
    """A part of the alerts, the newest first."""

    total: int = Field(description="How many there are with these filters.", examples=[1])
    limit: int = Field(description="How many are shown at most.", examples=[50])
    offset: int = Field(description="How many were passed over.", examples=[0])
    alerts: Sequence[Alert] = Field(description="Each of them.")
    summary: AlertSummary = Field(description="Of all of them.")
