"""Trading AI's health of the platform, and its alerts: listed, acknowledged, resolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar

from fastapi import Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.contracts.access import SERVICES
from libs.contracts.alerts import ChangeAlert
from libs.contracts.envelope import now
from libs.contracts.example_story import ACCOUNT, BEGIN
from libs.contracts.monitoring import Level
from modelbourse.answers.trading_ai import monitoring as answers
from modelbourse.answers.trading_ai.monitoring import AlertStatus, Severity
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.alerts import AlertFilter, AlertView, AlertViews, slug_of
from services.gateway.domain.errors import NotFoundError
from services.gateway.domain.health import CALLED_WELL, GROUPS, FleetFigures, Found, JobFigures, Judged, Probed, StoreFigures, judge
from services.gateway.domain.services import Monitoring
from services.gateway.inbound.faces.trading_ai.face import FACE, TOO_MANY_REQUESTS
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, needs, used, welcomes
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.show_health import ShowHealth

P = TypeVar("P", bound=answers.Part)
URL: Final = "/api/monitoring"
PAGES: Final = Offsets(size=50)
UNHEALTHY: Final = 503
SEVERITIES: Final[Mapping[Severity, Level]] = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high", "CRITICAL": "critical"}
SEVERITY_OF: Final[Mapping[Level, Severity]] = {level: word for word, level in SEVERITIES.items()}
STATUSES: Final[Mapping[AlertStatus, Any]] = {"OPEN": "open", "ACKNOWLEDGED": "acknowledged", "RESOLVED": "resolved"}
STATUS_OF: Final[Mapping[str, AlertStatus]] = {status: word for word, status in STATUSES.items()}
NOT_REPORTED: Final = "No process has reported it within the last 30 s."
IN_HAND: Final = "Kafka knows what is handled; what is in hand is not told apart from what waits."
NO_JOB: Final = "No job has ended within the last hour."
NOT_COUNTED: Final = "Nothing is counted: it is so, or it is not."
BY_THE_DAY: Final = "Requests are counted by the day: see /ai/cost/statistics."
BY_PROVIDER: Final = "The provider does not tell."
NOT_CALLED: Final = "It has not been called since inference was started: /debug/gpt4 calls it."
NO_LLM: Final = "No LLM is known to be configured; technical analyses stand alone."
CALLED_ILL: Final = "Its last call failed for another reason."
# By what came of the last call.
LIMITS: Final = {CALLED_WELL: "ok", "exhausted": "limited"}
SECOND_LOOK: Final = "It is counted from one look to the next."


@dataclass(frozen=True, slots=True)
class AlertUseCases:
    """What the handlers call."""

    views: AlertViews
    monitoring: Monitoring
    accounts: Accounts

    async def change(self, alert_id: str, *, wanted: Any, notes: str | None, caller: Caller) -> AlertView:
        """Have monitoring decide, and return the alert as it stands then. Raise NotFoundError, AskRefusedError or UnavailableError."""
        alert = await self.views.get(alert_id, account_id=caller.account_id)
        changed = await self.monitoring.change_alert(ChangeAlert(alert_id=alert.id, wanted=wanted, by=caller.account_id, notes=notes))
        await self.views.note(changed)
        return replace(alert, **changed.model_dump(exclude={"alert_id"}))

    async def names(self, alerts: Sequence[AlertView]) -> Mapping[str, str]:
        """Return the names of the operators who had to do with alerts; one whose account is gone has none."""
        ids = {each for alert in alerts for each in (alert.acknowledged_by, alert.resolved_by) if each}
        names: dict[str, str] = {}
        for account_id in sorted(ids):
            try:
                names[account_id] = (await self.accounts.get(account_id)).username
            except NotFoundError:
                continue
        return names


class Notes(StrictBody):
    """An operator's words."""

    notes: str | None = Field(None, max_length=2000, description="What is to be known of it.", examples=["I have a look."])


def health_of(found: Found, judged: Judged, *, at: Any) -> answers.SystemHealth:
    """Return the page of health."""
    return answers.SystemHealth(
        status=judged.status,
        timestamp=at,
        services=_Page(found, judged).services(),
        system_resources=_resources(found),
        performance_metrics=_performance(found.jobs),
        warnings=judged.warnings,
        errors=judged.errors,
        last_check=found.at,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """Builds the parts of the page."""

    found: Found
    judged: Judged

    def services(self) -> answers.Services:
        """Return part by part."""
        fleet, found = self.found.fleet.value or FleetFigures(), self.found
        lag = sum(fleet.lag.values()) if fleet.consumers else None
        consumers = sum(fleet.consumers.values()) or None
        groups = [
            answers.GroupHealth(group=group, lag=fleet.lag.get(group), consumers=fleet.consumers.get(group, 0))
            for group in sorted({*fleet.consumers, *(fleet.unheard if fleet.consumers else ())})
        ]
        connected = found.kafka.error is None
        queue = {"queue_depth": lag, "messages_ready": lag, "messages_unacknowledged": None, "consumers": consumers}
        runners = {"runners_busy": fleet.runners.get("busy"), "runners_idle": fleet.runners.get("free"), "queued": fleet.queued}
        ray = {name: fleet.ray.get(name) for name in ("nodes", "cpus", "gpus")} | runners
        llm = {
            "api_key_configured": fleet.llm_configured,
            "rate_limit_status": LIMITS.get(fleet.llm_last or ""),
            "requests_last_hour": None,
            "requests_remaining": None,
        }
        whys = {
            "rate_limit_status": (CALLED_ILL if fleet.llm_last else NOT_CALLED) if fleet.llm_configured else NO_LLM,
            "requests_last_hour": BY_THE_DAY,
            "requests_remaining": BY_PROVIDER,
        }
        word = "connected" if connected else "disconnected"
        return answers.Services(
            celery_workers=self._workers(fleet),
            rabbitmq=self._part(answers.QueueHealth, "kafka", queue, {"messages_unacknowledged": IN_HAND}, connection_status=word),
            mongodb=self._store(answers.MongoHealth, "mongodb", found.mongodb),
            redis=self._store(answers.RedisHealth, "redis", found.redis),
            openai=self._part(answers.LlmHealth, "llm", llm, whys),
            kafka=self._part(answers.KafkaHealth, "kafka", {"lag": lag, "groups": groups or None}, {}, connected=connected),
            ray=self._part(answers.RayHealth, "ray", ray, {}),
        )

    def _workers(self, fleet: FleetFigures) -> answers.WorkersHealth:
        instances = [each for each in self.found.instances.value or () if each["service"] == "training" and each["health"] != "gone"]
        workers = []
        for each in instances:
            name, heard = each["instance"], each["health"] != "silent"
            jobs = fleet.following.get(name)
            ended = [count for (instance, _), count in fleet.ended.items() if instance == name]
            workers.append(
                answers.Worker(
                    worker_id=name,
                    status="online" if heard else "silent",
                    current_task=f"{jobs} job{'s' * (jobs != 1)}" if jobs else None,
                    tasks_processed=sum(ended) if ended else None,
                )
            )
        figures = {
            "active_workers": None if self.found.instances.value is None else sum(each.status == "online" for each in workers),
            "queued_tasks": fleet.queued,
            "processed_tasks_total": sum(fleet.ended.values()) if fleet.ended else None,
            "failed_tasks_total": sum(count for (_, end), count in fleet.ended.items() if end == "failed") if fleet.ended else None,
        }
        why = {"active_workers": self.found.instances.error or ""} if figures["active_workers"] is None else {}
        return self._part(answers.WorkersHealth, "training", figures, why, workers=workers)

    def _store(self, kind: type[P], part: str, probed: Probed[StoreFigures]) -> P:
        names = [name for name in kind.model_fields if name not in answers.Part.model_fields]
        if probed.value is None:
            return self._part(kind, part, dict.fromkeys(names), dict.fromkeys(names, probed.error or ""))
        figures = {name: probed.value.figures.get(name) for name in names}
        return self._part(kind, part, figures, probed.value.reasons)

    def _part(self, kind: type[P], part: str, figures: Mapping[str, Any], reasons: Mapping[str, str], **more: Any) -> P:
        """Return a part; what is null in it has its reason: the one given, else that nobody has reported it."""
        status = self.judged.parts.get(part, "healthy")
        nobody = self.found.fleet.error or NOT_REPORTED
        whys = {name: reasons.get(name) or nobody for name, value in figures.items() if value is None}
        told: dict[str, str] = {}
        if status != "healthy":
            told = {"error" if status == "unhealthy" else "warning": self.judged.words[part]}
        return kind.model_validate({"status": status, "reasons": whys, **figures, **told, **more})


def _resources(found: Found) -> answers.SystemResources:
    names = {"cpu": "cpu_usage_percent", "memory": "memory_usage_percent", "disk": "disk_usage_percent", "network": "network_io_mbps"}
    hosts = [
        answers.HostUse.model_validate({name: used.get(short) for short, name in names.items()} | {"host": host})
        for host, used in found.hosts.items()
    ]
    figures: dict[str, float | None] = {}
    for short, name in names.items():
        known = [used[short] for used in found.hosts.values() if short in used]
        figures[name] = (sum(known) if short == "network" else max(known)) if known else None
    reasons = {name: SECOND_LOOK if hosts else NOT_REPORTED for name, value in figures.items() if value is None}
    return answers.SystemResources.model_validate({**figures, "hosts": hosts, "reasons": reasons})


def _performance(probed: Probed[JobFigures]) -> answers.PerformanceMetrics:
    jobs = probed.value
    rate = jobs.failed / jobs.ended if jobs and jobs.ended else None
    figures = {
        "avg_task_execution_time_seconds": jobs.ran_s if jobs else None,
        "avg_queue_wait_time_seconds": jobs.waited_s if jobs else None,
        "tasks_per_hour": jobs.ended if jobs else None,
        "error_rate": rate,
    }
    reasons = {name: probed.error or NO_JOB for name, value in figures.items() if value is None}
    return answers.PerformanceMetrics.model_validate({**figures, "reasons": reasons})


def alert_of(alert: AlertView, *, names: Mapping[str, str] | None) -> answers.Alert:
    """Return an alert; who had to do with it is for admins (`names`), and left out for all others."""
    private = {
        "acknowledged_by": alert.acknowledged_by and (names or {}).get(alert.acknowledged_by, alert.acknowledged_by),
        "acknowledgement_notes": alert.acknowledgement_notes,
        "resolved_by": alert.resolved_by and (names or {}).get(alert.resolved_by, alert.resolved_by),
    }
    return answers.Alert(
        alert_id=alert.slug,
        severity=SEVERITY_OF[alert.level],
        title=alert.title,
        description=alert.description,
        status=STATUS_OF[alert.status],
        service=alert.service,
        subject=alert.subject,
        metric=alert.metric,
        current_value=alert.value,
        threshold=alert.threshold,
        created_at=alert.created_at,
        acknowledged_at=alert.acknowledged_at,
        resolved_at=alert.resolved_at,
        resolution_notes=alert.resolution_notes,
        reasons={} if alert.metric else dict.fromkeys(("metric", "current_value", "threshold"), NOT_COUNTED),
        **({} if names is None else private),
    )


EXAMPLE: Final = AlertView(
    id="alert_01ke6x1p3df3m6p9r4v7x2z5cn",
    slug=slug_of("high_cpu", BEGIN),
    rule="high_cpu",
    level="high",
    title="High CPU usage",
    description="The processors of host-2 are busy by 92.4 %, above 85 % for a minute.",
    status="open",
    service="host-2",
    subject="host-2",
    created_at=BEGIN,
    metric="cpu_usage_percent",
    value=92.4,
    threshold=85.0,
)
TAKEN: Final = replace(EXAMPLE, status="acknowledged", acknowledged_at=BEGIN + timedelta(minutes=1), acknowledged_by=ACCOUNT)
ENDED: Final = replace(TAKEN, status="resolved", resolved_at=BEGIN + timedelta(minutes=9), value=68.5, resolution_notes="A job has ended.")
OVER: Final = AskRefusedError(
    f"Only an alert that is not RESOLVED can be acknowledged: {EXAMPLE.id} is over.", kind=ErrorKind.CONFLICT, code="alert_resolved"
)
NO_ALERT: Final = NotFoundError(f"Alert not found: {EXAMPLE.slug}")
AlertId = Annotated[str, Path(description="As the list has it, or the id that events and webhooks have.", examples=[EXAMPLE.slug])]
Use = Annotated[AlertUseCases, used(AlertUseCases)]
Admin = Annotated[Caller, needs(Scope.ADMIN)]
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.TRAIN)]
HEARD: Final = [{"service": each, "instance": f"{each}-1", "health": "healthy", "occurred_at": BEGIN, "reason": ""} for each in SERVICES]
AWAY: Final[Probed[Any]] = Probed(None, "no answer within 1 s")
FAR: Final = Found(
    BEGIN, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, {"host-1": {"cpu": 3.1, "memory": 38.5, "disk": 21.0, "network": 0.4}}
)
NEAR: Final = Found(
    BEGIN, Probed(StoreFigures({})), Probed(StoreFigures({})), Probed(), Probed(HEARD), Probed(0), Probed([]),
    Probed(JobFigures(24, 1, 180.0, 15.0)),
    Probed(FleetFigures(
        lag={"modelbourse.training": 5}, consumers=dict.fromkeys(sorted(GROUPS), 1), queued=5, runners={"busy": 4, "free": 2},
        ray={"nodes": 2, "cpus": 16, "gpus": 0}, ended={("training-1", "completed"): 42}, following={"training-1": 2},
        heard=frozenset(SERVICES), llm_configured=False,
    )),
    FAR.own_hosts,
)  # fmt: skip
UNWELL: Final = "The same, where the platform is unhealthy."
AS_UNHEALTHY: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": answers.SystemHealth, "description": UNWELL} | shown
    for status, shown in answered(health_of(FAR, judge(FAR), at=BEGIN), status=UNHEALTHY).items()
}
ONE_ALERT: Final = answers.Alerts(
    total=1,
    limit=PAGES.size,
    offset=0,
    alerts=[alert_of(EXAMPLE, names=None)],
    summary=answers.AlertSummary(critical=0, high=1, medium=0, low=0, open=1, acknowledged=0, resolved=0),
)
routes = make_router(prefix=URL, tags=[FACE.tag("monitoring")])


@routes.get(
    "/health",
    summary="Show how the platform is",
    response_description="Part by part; healthy or degraded.",
    responses=answered(health_of(NEAR, judge(NEAR), at=BEGIN)) | AS_UNHEALTHY | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
async def get_health(response: Response, show: Annotated[ShowHealth, used(ShowHealth)]) -> answers.SystemHealth:
    """Tell of stores, broker, workers, cluster and hosts, as of seconds ago at most. It answers when all of them are away, too."""
    found = await show()
    judged = judge(found)
    response.status_code = UNHEALTHY if judged.status == "unhealthy" else 200
    return health_of(found, judged, at=now())


@routes.get(
    "/alerts",
    summary="List alerts",
    response_description="A part of the alerts, the newest first, and how many there are of each kind.",
    responses=answered(ONE_ALERT) | refused(FACE, TOO_MANY_REQUESTS, 503),
    openapi_extra=OPEN | {"parameters": PAGES.parameters},
    response_model_exclude_unset=True,
)
async def list_alerts(
    request: Request,
    caller: Reader,
    use: Use,
    *,
    severity: Annotated[Severity | None, Query(description="Only of this severity.")] = None,
    status: Annotated[AlertStatus | None, Query(description="Only in this status.")] = None,
) -> answers.Alerts:
    """Those of the platform, and the caller's own. An alert is kept for 90 days after it was over."""
    part, account_id = PAGES.read(request), caller.account_id
    wanted = AlertFilter(account_id, level=SEVERITIES[severity] if severity else None, status=STATUSES[status] if status else None)
    page, counted = await use.views.find(part, wanted), await use.views.count(account_id=account_id)
    names = await use.names(page.items) if Scope.ADMIN in caller.scopes else None
    summary = {word: sum(count for kind, count in counted.items() if word in kind) for word in answers.AlertSummary.model_fields}
    return answers.Alerts(
        total=page.count,
        limit=part.size,
        offset=part.skipped,
        alerts=[alert_of(alert, names=names) for alert in page.items],
        summary=answers.AlertSummary(**summary),
    )


@routes.post(
    "/alerts/{alert_id}/acknowledge",
    summary="Look after an alert",
    response_description="The alert, as it stands now.",
    responses=answered(alert_of(TAKEN, names={ACCOUNT: "ada"})) | refused(FACE, NO_ALERT, OVER, TOO_MANY_REQUESTS, 503, 504),
    response_model_exclude_unset=True,
)
async def acknowledge_alert(alert_id: AlertId, caller: Admin, use: Use, body: Notes | None = None) -> answers.Alert:
    """Say that somebody does; for admins. The first one stays, and the same again changes nothing."""
    alert = await use.change(alert_id, wanted="acknowledged", notes=body.notes if body else None, caller=caller)
    return alert_of(alert, names=await use.names([alert]))


@routes.post(
    "/alerts/{alert_id}/resolve",
    summary="End an alert",
    response_description="The alert, as it stands now.",
    responses=answered(alert_of(ENDED, names={ACCOUNT: "ada"})) | refused(FACE, NO_ALERT, TOO_MANY_REQUESTS, 503, 504),
    response_model_exclude_unset=True,
)
async def resolve_alert(alert_id: AlertId, caller: Admin, use: Use, body: Notes | None = None) -> answers.Alert:
    """Say that it is over; for admins. It stays so while what it is about goes on, and is raised anew when that comes again."""
    alert = await use.change(alert_id, wanted="resolved", notes=body.notes if body else None, caller=caller)
    return alert_of(alert, names=await use.names([alert]))
