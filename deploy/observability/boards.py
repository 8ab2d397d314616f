"""Dashboards of what users notice first: the promises, requests, what goes between services, and jobs."""

from typing import Final

from deploy.observability.panels import Dashboard, Panel, Row
from deploy.observability.queries import added, grown, quantile, quantiles, rate, same

REQUESTS: Final = "modelbourse_requests_total"
USERS: Final = 'face!="platform"'
FAILED: Final = f'{USERS},status=~"5.."'
PREDICT: Final = 'route=~".*/predict/"'
SAME: Final = "Every replica shows the same."


def _budget_left(slo: str, *, budget: float) -> str:
    return f'1 - slo:error_ratio:rate3d{{slo="{slo}"}} / {budget}'


OVERVIEW: Final = Dashboard(
    "overview",
    "overview",
    "Whether users get what is promised; what is yellow or red has a dashboard of its own.",
    [
        Row(
            "What is promised",
            [
                Panel(
                    "Requests that fail",
                    {"3 days": 'slo:error_ratio:rate3d{slo="availability"}'},
                    "percentunit",
                    stat=True,
                    limits=(0.0005, 0.001),
                ),
                Panel(
                    "Predictions over 100 ms",
                    {"3 days": 'slo:error_ratio:rate3d{slo="predict_latency"}'},
                    "percentunit",
                    stat=True,
                    limits=(0.005, 0.01),
                ),
                Panel(
                    "Jobs that wait over a minute",
                    {"3 days": 'slo:error_ratio:rate3d{slo="job_start"}'},
                    "percentunit",
                    stat=True,
                    limits=(0.025, 0.05),
                ),
                Panel(
                    "Books that do not add up",
                    {"{{ledger}}": same("modelbourse_ledger_imbalance", by="ledger")},
                    stat=True,
                    limits=(1, 1),
                    about="0, or a mistake.",
                ),
            ],
        ),
        Row(
            "Budgets",
            [
                Panel(
                    "Budget left at the rate of the last three days",
                    {
                        "availability": _budget_left("availability", budget=0.001),
                        "predict latency": _budget_left("predict_latency", budget=0.01),
                        "job start": _budget_left("job_start", budget=0.05),
                    },
                    "percentunit",
                    about="1 is untouched, 0 is used up as fast as it comes, below 0 more is used than there is.",
                ),
                Panel(
                    "How fast budgets burn",
                    {"{{slo}}": "slo:error_ratio:rate1h"},
                    "percentunit",
                    about="Share of bad events in the last hour.",
                ),
            ],
        ),
        Row(
            "What users do",
            [
                Panel("Requests", {"{{face}}": rate(REQUESTS, by="face", where=USERS)}, "reqps"),
                Panel("Predictions", {"predictions": rate("modelbourse_predictions_total")}, "reqps"),
                Panel(
                    "Jobs",
                    {
                        "queued": f"sum ({same('modelbourse_jobs_queued', by='tier')})",
                        "running": added("modelbourse_training_jobs_followed"),
                    },
                ),
            ],
        ),
        Row(
            "What is wrong",
            [
                Panel("Processes", {"{{health}}": same("modelbourse_fleet_instances", by="health")}),
                Panel("Oldest unpublished event", {"{{service}}": same("modelbourse_outbox_oldest_seconds", by="service")}, "s"),
                Panel("Messages set aside", {"{{topic}}": grown("modelbourse_dead_letters_total", by="topic")}),
                Panel("Alerts", {"{{alertname}} ({{severity}})": 'count by (alertname, severity) (ALERTS{alertstate="firing"})'}),
            ],
        ),
    ],
)

GATEWAY: Final = Dashboard(
    "gateway",
    "gateway",
    "Requests by face and route: how many, how many fail, how long they take.",
    [
        Row(
            "All faces",
            [
                Panel("Requests", {"{{face}}": rate(REQUESTS, by="face", where=USERS)}, "reqps"),
                Panel(
                    "Failed by our fault",
                    {"{{face}}": f"{rate(REQUESTS, by='face', where=FAILED)} / {rate(REQUESTS, by='face', where=USERS)}"},
                    "percentunit",
                ),
                Panel("Time to answer", quantiles("modelbourse_request_seconds", where=USERS), "s"),
            ],
        ),
        Row(
            "Routes",
            [
                Panel(
                    "Busiest routes",
                    {"{{method}} {{route}}": f"topk(10, {rate(REQUESTS, by='method, route', where=USERS)})"},
                    "reqps",
                ),
                Panel(
                    "Slowest routes (p95)",
                    {"{{method}} {{route}}": f"topk(10, {quantile(0.95, 'modelbourse_request_seconds', by='method, route', where=USERS)})"},
                    "s",
                ),
                Panel(
                    "Routes that fail",
                    {"{{method}} {{route}} {{status}}": f"topk(10, {rate(REQUESTS, by='method, route, status', where=FAILED)})"},
                    "reqps",
                ),
            ],
        ),
        Row(
            "Refusals",
            [
                Panel("By status", {"{{status}}": rate(REQUESTS, by="status", where=f'{USERS},status=~"4.."')}, "reqps"),
                Panel(
                    "Over a limit (429), by face",
                    {"{{face}}": rate(REQUESTS, by="face", where='status="429"')},
                    "reqps",
                ),
                Panel(
                    "Log-ins refused",
                    {"{{status}}": rate(REQUESTS, by="status", where='route="/auth/token",status=~"4.."')},
                    "reqps",
                ),
            ],
        ),
    ],
)

BUS: Final = Dashboard(
    "bus",
    "asks and bus",
    "What services say to each other: asks with their answers, events with their lag, and what could not be handled.",
    [
        Row(
            "Asks",
            [
                Panel("Asks", {"{{ask}}": rate("modelbourse_asks_total", by="ask")}, "reqps"),
                Panel(
                    "Without an answer",
                    {"{{ask}} {{outcome}}": rate("modelbourse_asks_total", by="ask, outcome", where='outcome=~"timeout|broker_away"')},
                    "reqps",
                ),
                Panel("Time until the reply (p95)", {"{{ask}}": quantile(0.95, "modelbourse_ask_seconds", by="ask")}, "s"),
                Panel(
                    "Asks a record",
                    {
                        "{{ask}}": f"{rate('modelbourse_ask_record_asks_sum', by='ask')}"
                        f" / {rate('modelbourse_ask_record_asks_count', by='ask')}"
                    },
                    "short",
                    about="Of asks that may share a record: one while each goes alone, more where many wait.",
                ),
            ],
        ),
        Row(
            "Answers",
            [
                Panel("Time to answer (p95)", {"{{ask}}": quantile(0.95, "modelbourse_answer_seconds", by="ask")}, "s"),
                Panel("Refused", {"{{ask}}": rate("modelbourse_answers_total", by="ask", where='outcome="refused"')}, "reqps"),
                Panel(
                    "Too late to be answered",
                    {"{{ask}}": rate("modelbourse_answers_total", by="ask", where='outcome="late"')},
                    "reqps",
                    about="Whoever answers is overloaded, or was away.",
                ),
            ],
        ),
        Row(
            "Events",
            [
                Panel(
                    "Lag",
                    {"{{group}} {{topic}}": f"{added('modelbourse_consumer_lag', by='group, topic')} > 0"},
                    about="Records that are not handled yet.",
                ),
                Panel("Handled", {"{{topic}}": rate("modelbourse_event_seconds_count", by="topic")}, "reqps"),
                Panel("Time to handle (p95)", {"{{topic}}": quantile(0.95, "modelbourse_event_seconds", by="topic")}, "s"),
            ],
        ),
        Row(
            "What does not go through",
            [
                Panel("Attempts that failed", {"{{topic}}": rate("modelbourse_event_failures_total", by="topic")}, "reqps"),
                Panel("Set aside", {"{{service}} {{topic}}": grown("modelbourse_dead_letters_total", by="service, topic")}),
                Panel("Dead letters that wait", {"dead letters": same("modelbourse_dead_letters_waiting")}, about=SAME),
                Panel(
                    "Deleted before they were heard", {"{{service}} {{topic}}": grown("modelbourse_events_lost_total", by="service, topic")}
                ),
                Panel(
                    "Events that wait to be published",
                    {"{{service}} {{collection}}": same("modelbourse_outbox_depth", by="service, collection")},
                    about=SAME,
                ),
            ],
        ),
    ],
)

JOBS: Final = Dashboard(
    "jobs",
    "jobs and training",
    "The queue, the runners, and how jobs end.",
    [
        Row(
            "The queue",
            [
                Panel("Waiting jobs", {"{{tier}}": same("modelbourse_jobs_queued", by="tier")}, about=SAME),
                Panel("The oldest has waited", {"{{tier}}": same("modelbourse_jobs_queued_oldest_seconds", by="tier")}, "s", about=SAME),
                Panel("Time until a runner has it (p95)", {"{{tier}}": quantile(0.95, "modelbourse_job_wait_seconds", by="tier")}, "s"),
            ],
        ),
        Row(
            "Runners",
            [
                Panel(
                    "Runners",
                    {"{{state}}": same("modelbourse_runners", by="state"), "room for": same("modelbourse_runners_most")},
                    about="No line: Ray is away.",
                ),
                Panel("The cluster", {"{{resource}}": same("modelbourse_ray_resources", by="resource")}, about="No line: Ray is away."),
                Panel("Jobs looked after", {"{{instance}}": "modelbourse_training_jobs_followed"}),
                Panel("CPU hours used", {"hours in the last hour": grown("modelbourse_training_compute_hours_total", over="1h")}, "h"),
            ],
        ),
        Row(
            "Ends",
            [
                Panel(
                    "Jobs that ended",
                    {"{{kind}} {{end}}": grown("modelbourse_jobs_ended_total", by="kind, end", over="1h")},
                    about="In the last hour.",
                ),
                Panel(
                    "How long jobs take (p50)",
                    {"{{kind}}": quantile(0.5, "modelbourse_job_seconds", by="kind", where='end="completed"')},
                    "s",
                ),
                Panel(
                    "How long jobs take (p95)",
                    {"{{kind}}": quantile(0.95, "modelbourse_job_seconds", by="kind", where='end="completed"')},
                    "s",
                ),
            ],
        ),
    ],
)
