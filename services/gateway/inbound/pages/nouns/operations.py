"""For operators: how the platform is, its alerts, and, for admins, processes, jobs and accounts of all."""

from typing import Any, Final

from services.gateway.inbound.pages.page import Action, Page, Read, filled

HEALTH: Final = "/app/health"
ADMIN: Final = "/app/admin"
ALERTS: Final = "/api/monitoring/alerts"
SIZE: Final = 20
PAGE: Final = 50
SEVERITIES: Final = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
ALERT_STATUSES: Final = ("OPEN", "ACKNOWLEDGED", "RESOLVED")
JOB_STATUSES: Final = ("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")
TIERS: Final = ("free", "pro", "elite")


def _reason(form: Any) -> dict[str, Any]:
    return filled(form, "reason")


PAGES: Final = (
    Page(
        path=HEALTH,
        template="health.html",
        title="Health and alerts",
        reads={
            "health": Read("/api/monitoring/health", needed=False, also=(503,)),
            "alerts": Read(ALERTS, query=("severity", "status"), size=SIZE, needed=False),
        },
        shape=lambda _: {"size": SIZE, "severities": SEVERITIES, "statuses": ALERT_STATUSES},
        actions={
            "acknowledge": Action("POST", f"{ALERTS}/{{alert_id}}/acknowledge", lambda _: {}, done="The alert is acknowledged."),
            "resolve": Action("POST", f"{ALERTS}/{{alert_id}}/resolve", lambda form: filled(form, "notes"), done="The alert is resolved."),
        },
    ),
    Page(
        path=ADMIN,
        template="platform.html",
        title="Platform",
        reads={"platform": Read("/admin/platform"), "letters": Read("/admin/dead", fixed={"page": 1}, needed=False)},
        actions={
            "replay": Action("POST", "/admin/dead/{letter_id}/replay", done="The message was sent again."),
            "drop": Action("DELETE", "/admin/dead/{letter_id}", done="The message is dropped."),
        },
    ),
    Page(
        path=f"{ADMIN}/jobs",
        template="all_jobs.html",
        title="Jobs of all accounts",
        crumbs=((ADMIN, "Platform"),),
        reads={"jobs": Read("/admin/jobs", query=("account", "kind", "status", "page"))},
        shape=lambda _: {"size": PAGE, "statuses": JOB_STATUSES},
        actions={
            "stop": Action("POST", "/admin/jobs/{job_id}/stop", _reason, done="The job is ended."),
            "requeue": Action("POST", "/admin/jobs/{job_id}/requeue", done="The job runs again."),
        },
    ),
    Page(
        path=f"{ADMIN}/accounts",
        template="all_accounts.html",
        title="Accounts",
        crumbs=((ADMIN, "Platform"),),
        reads={"accounts": Read("/admin/accounts", query=("username", "page"))},
        shape=lambda _: {"size": PAGE, "tiers": TIERS},
        actions={
            "tier": Action("PATCH", "/admin/accounts/{account_id}", lambda form: filled(form, "tier"), done="The tier is changed."),
            "suspend": Action("POST", "/admin/accounts/{account_id}/suspend", done="The account is kept out."),
            "resume": Action("POST", "/admin/accounts/{account_id}/resume", done="The account is let in again."),
        },
    ),
)
