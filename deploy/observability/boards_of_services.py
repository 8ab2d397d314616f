"""Dashboards of single services and of what all stand on, and the list of all eight."""

from typing import Final

from deploy.observability.boards import BUS, GATEWAY, JOBS, OVERVIEW, PREDICT, SAME
from deploy.observability.panels import Dashboard, Panel, Row
from deploy.observability.queries import added, grown, quantile, quantiles, rate, same

INFERENCE: Final = Dashboard(
    "inference",
    "inference",
    "Predictions from the request to the model: how many, how long, how many at once, and whether they are right.",
    [
        Row(
            "Predictions",
            [
                Panel("Predictions", {"{{instance}}": rate("modelbourse_predictions_total", by="instance")}, "reqps"),
                Panel(
                    "From request to answer",
                    quantiles("modelbourse_request_seconds", where=PREDICT),
                    "s",
                    "At the gateway; 99 % within 100 ms is promised.",
                ),
                Panel(
                    "A batch of asks",
                    quantiles("modelbourse_prediction_batch_seconds"),
                    "s",
                    "In inference, without the way there and back.",
                ),
            ],
        ),
        Row(
            "Together",
            [
                Panel("Asks answered together (p50)", {"{{instance}}": quantile(0.5, "modelbourse_prediction_batch_asks", by="instance")}),
                Panel("A page of a range", quantiles("modelbourse_range_page_seconds"), "s"),
                Panel(
                    "Too late to be answered",
                    {"{{ask}}": rate("modelbourse_answers_total", by="ask", where='service="inference",outcome="late"')},
                    "reqps",
                ),
            ],
        ),
        Row(
            "Texts",
            [
                Panel("Texts labelled", {"{{instance}}": rate("modelbourse_texts_labelled_total", by="instance")}, "reqps"),
                Panel("A batch of asks about texts", quantiles("modelbourse_text_batch_seconds"), "s"),
            ],
        ),
        Row(
            "Models and the log",
            [
                Panel("Models in memory", {"{{instance}}": "modelbourse_models_in_memory"}),
                Panel("What they take", {"{{instance}}": "modelbourse_models_in_memory_bytes"}, "bytes"),
                Panel(
                    "Explanations that do not add up",
                    {"{{scale}}": grown("modelbourse_explanations_missed_total", by="scale")},
                    about="0, or a mistake.",
                ),
                Panel("Predictions that were not logged", {"dropped": grown("modelbourse_prediction_log_dropped_total")}),
            ],
        ),
        Row(
            "The LLM",
            [
                Panel(
                    "Calls of the provider",
                    {"{{outcome}}": grown("modelbourse_llm_calls_total", by="outcome")},
                    about="`ok`, or the reason why it failed.",
                ),
                Panel(
                    "Answers that do not stand, and calls not made",
                    {"{{reason}}": grown("modelbourse_llm_put_aside_total", by="reason")},
                    about="The technical analyst has answered then.",
                ),
                Panel("Cost", {"USD": grown("modelbourse_llm_cost_usd_total")}, about="In US dollars."),
                Panel("Of today's budget", {"used": same("modelbourse_llm_budget_used_ratio")}, "percentunit", "Spent or held."),
                Panel("A call", quantiles("modelbourse_llm_call_seconds"), "s"),
                Panel(
                    "Since the last call",
                    {"{{outcome}}": "time() - max by (outcome) (modelbourse_llm_called_at_seconds)"},
                    "s",
                    about="`ok`, or the reason why it failed.",
                ),
                Panel("Processes with an LLM", {"processes": added("modelbourse_llm_configured")}),
            ],
        ),
    ],
)

MARKETPLACE: Final = Dashboard(
    "marketplace",
    "marketplace and ledger",
    "Credits, purchases and listings: whether they are answered in time, and whether the books balance.",
    [
        Row(
            "The books",
            [
                Panel(
                    "Credits that do not add up",
                    {"things": same("modelbourse_ledger_imbalance", where='ledger="credits"')},
                    "short",
                    "0, or a mistake.",
                    stat=True,
                    limits=(1, 1),
                ),
                Panel(
                    "Money that does not add up",
                    {"things": same("modelbourse_ledger_imbalance", where='ledger="money"')},
                    "short",
                    "0, or a mistake.",
                    stat=True,
                    limits=(1, 1),
                ),
                Panel(
                    "Oldest unpublished event",
                    {"{{collection}}": same("modelbourse_outbox_oldest_seconds", by="collection", where='service="marketplace"')},
                    "s",
                    stat=True,
                    limits=(60, 300),
                ),
            ],
        ),
        Row(
            "What it is asked",
            [
                Panel(
                    "Answers",
                    {"{{ask}} {{outcome}}": rate("modelbourse_answers_total", by="ask, outcome", where='service="marketplace"')},
                    "reqps",
                ),
                Panel(
                    "Time to answer (p95)",
                    {"{{ask}}": quantile(0.95, "modelbourse_answer_seconds", by="ask", where='service="marketplace"')},
                    "s",
                ),
                Panel(
                    "Refused",
                    {"{{ask}}": rate("modelbourse_answers_total", by="ask", where='service="marketplace",outcome="refused"')},
                    "reqps",
                    "Too few credits, mostly.",
                ),
            ],
        ),
        Row(
            "What it hears",
            [
                Panel(
                    "Events handled",
                    {"{{topic}}": rate("modelbourse_event_seconds_count", by="topic", where='service="marketplace"')},
                    "reqps",
                ),
                Panel(
                    "Attempts that failed",
                    {"{{topic}}": rate("modelbourse_event_failures_total", by="topic", where='service="marketplace"')},
                    "reqps",
                ),
                Panel(
                    "Schedules that failed",
                    {"{{work}}": grown("modelbourse_background_failures_total", by="work", where='service="marketplace"')},
                ),
            ],
        ),
    ],
)

WEBHOOKS: Final = Dashboard(
    "webhooks",
    "webhooks and live",
    "What accounts are told of by themselves: deliveries to webhooks, and sockets.",
    [
        Row(
            "Webhooks",
            [
                Panel("Due", {"webhooks": same("modelbourse_webhooks_due")}, about=SAME),
                Panel("Due longest", {"webhook": same("modelbourse_webhooks_due_oldest_seconds")}, "s", SAME),
                Panel("Requests", {"{{outcome}}": rate("modelbourse_webhook_attempts_total", by="outcome")}, "reqps"),
            ],
        ),
        Row(
            "Live",
            [
                Panel("Sockets", {"{{instance}}": "modelbourse_live_sockets"}),
                Panel("Progress told by training", {"{{topic}}": rate("modelbourse_training_events_total", by="topic")}, "reqps"),
            ],
        ),
    ],
)

FLEET: Final = Dashboard(
    "fleet",
    "stores and fleet",
    "Processes, what they use, and the stores that they stand on.",
    [
        Row(
            "Processes",
            [
                Panel("By health", {"{{health}}": same("modelbourse_fleet_instances", by="health")}, about=SAME),
                Panel("That show metrics", {"{{service}}": "count by (service) (modelbourse_event_loop_lag_seconds)"}),
                Panel("How late their event loops are", {"{{instance}}": "modelbourse_event_loop_lag_seconds"}, "s"),
            ],
        ),
        Row(
            "What they use",
            [
                Panel("CPU cores", {"{{instance}}": rate("process_cpu_seconds_total", by="instance", where='service!=""')}),
                Panel("Memory", {"{{instance}}": 'process_resident_memory_bytes{service!=""}'}, "bytes"),
                Panel(
                    "Open files, as a share of those that may be",
                    {"{{instance}}": 'process_open_fds{service!=""} / process_max_fds{service!=""}'},
                    "percentunit",
                ),
            ],
        ),
        Row(
            "Hosts",
            [
                Panel(
                    "Used",
                    {"{{host}} {{resource}}": f"{same('modelbourse_host_used_percent', by='host, resource')} / 100"},
                    "percentunit",
                    about=SAME,
                ),
                Panel(
                    "GPUs", {"{{host}} {{gpu}}": f"{same('modelbourse_gpu_used_percent', by='host, gpu')} / 100"}, "percentunit", about=SAME
                ),
                Panel("MLflow", {"{{state}}": same("modelbourse_mlflow_state", by="state")}, about="As the training service sees it."),
                Panel("Network, megabits a second", {"{{host}}": same("modelbourse_host_network_megabits", by="host")}, about=SAME),
                Panel("Looks at the rules of alerts", {"{{instance}}": rate("modelbourse_alert_looks_total", by="instance")}, "reqps"),
            ],
        ),
        Row(
            "Stores",
            [
                Panel(
                    "Memory of the cache",
                    {"used": same("modelbourse_cache_memory_ratio")},
                    "percentunit",
                    "From 80 % there is an alert; it evicts nothing.",
                    limits=(0.8, 0.95),
                ),
                Panel(
                    "Documents set aside",
                    {"{{service}} {{collection}}": grown("modelbourse_documents_set_aside_total", by="service, collection", over="1h")},
                ),
                Panel(
                    "Background work that failed",
                    {"{{service}}: {{work}}": grown("modelbourse_background_failures_total", by="service, work")},
                ),
                Panel("Events in outboxes", {"all": f"sum ({same('modelbourse_outbox_depth', by='service, collection')})"}),
            ],
        ),
        Row(
            "Messages",
            [
                Panel(
                    "Lag by group",
                    {"{{group}}": same("modelbourse_group_lag", by="group")},
                    about="As the broker says: also of groups whose consumers died.",
                ),
                Panel("Consumers by group", {"{{group}}": same("modelbourse_group_members", by="group")}),
                Panel("Too large for the bus", {"{{topic}}": grown("modelbourse_outbox_set_aside_total", by="topic", over="1h")}),
            ],
        ),
    ],
)

DASHBOARDS: Final = (OVERVIEW, GATEWAY, BUS, JOBS, INFERENCE, MARKETPLACE, WEBHOOKS, FLEET)
