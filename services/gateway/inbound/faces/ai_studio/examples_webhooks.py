"""Webhooks and deliveries as examples in the OpenAPI document."""

from typing import Any, Final

WEBHOOK_ID: Final = "webhook_01kab8m4q2f7hvj5c8n1r6t9wz"
DELIVERY_ID: Final = "delivery_01kab8mb1ce4gr7t2w5y8z0h3k"
MESSAGE_ID: Final = "event_01kab8mb0sf9jv3c6n8q2t5w7x"
AT: Final = "2026-01-15T15:30:00.000Z"
URL: Final = "https://example.com/hooks/modelbourse"
NEW_WEBHOOK: Final[dict[str, Any]] = {"url": URL, "events": ["training_job.completed", "training_job.failed"]}
WEBHOOK: Final[dict[str, Any]] = {
    "id": WEBHOOK_ID,
    "url": URL,
    "events": NEW_WEBHOOK["events"],
    "enabled": True,
    "secret": "whsec_Q2Fu…",
    "created_at": AT,
    "updated_at": AT,
    "failing_since": None,
    "disabled_at": None,
    "disabled_reason": None,
}
WEBHOOK_MADE: Final[dict[str, Any]] = WEBHOOK | {"secret": "whsec_Q2FuIHlvdSBrZWVwIGEgc2VjcmV0PyBJIGNhbiwgdG9vLg=="}
DELIVERY_ROW: Final[dict[str, Any]] = {
    "id": DELIVERY_ID,
    "message_id": MESSAGE_ID,
    "event": "training_job.completed",
    "status": "PENDING",
    "attempts": 1,
    "response_status": 503,
    "error": "The receiver answered 503.",
    "next_attempt_at": "2026-01-15T15:30:05.084Z",
    "created_at": AT,
    "delivered_at": None,
    "replay_of": None,
    "reasons": {"delivered_at": "The delivery is PENDING."},
}
PAYLOAD: Final[dict[str, Any]] = {
    "event": "training_job.completed",
    "data": {
        "job_id": "job_01kab8m7j3fm0rrc5q9y2w6n4t",
        "model_id": "model_01kab8m5v8ezfvzcr0s2k2h7qd",
        "status": "COMPLETED",
        "performance_metrics": {"accuracy": 0.4106, "sharpe_ratio": 0.2456},
    },
    "timestamp": AT,
}
DELIVERY: Final[dict[str, Any]] = DELIVERY_ROW | {
    "payload": PAYLOAD,
    "attempt_log": [
        {
            "at": AT,
            "duration_ms": 84,
            "response_status": 503,
            "response_body": "busy",
            "error": "The receiver answered 503.",
        }
    ],
}
