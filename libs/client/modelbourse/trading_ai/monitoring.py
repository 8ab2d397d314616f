"""How the platform is, and its alerts: list, look after, end."""

from typing import Final

import httpx
from pydantic import ValidationError

from modelbourse.answers.trading_ai.monitoring import Alert, Alerts, SystemHealth
from modelbourse.asking import ask_for, given, path_to
from modelbourse.errors import NotConnectedError, UnreadableAnswerError
from modelbourse.gateway import Gateway
from modelbourse.refusals import refusal
from modelbourse.steps import Send, Steps

ALERTS: Final = "/api/monitoring/alerts"
HEALTH: Final = ("GET", "/api/monitoring/health")


def get_health(gateway: Gateway) -> Steps[SystemHealth]:
    """Return how the platform is, also when it is unhealthy; it takes no credential. Raise NotConnectedError."""
    try:
        answer: httpx.Response = yield Send(*HEALTH, timeout=gateway.timeout)
    except httpx.TransportError as error:
        raise NotConnectedError(gateway.url, str(error)) from error
    try:
        return SystemHealth.model_validate_json(answer.content)
    except ValidationError as error:
        if answer.is_error:
            raise refusal(answer) from error
        raise UnreadableAnswerError(*HEALTH, error.errors(include_url=False, include_input=False)[0]["msg"]) from error


def list_alerts(
    gateway: Gateway, *, severity: str | None = None, status: str | None = None, limit: int = 50, offset: int = 0
) -> Steps[Alerts]:
    """Return a part of the alerts, the platform's and your own, the newest first, with how many there are of each kind."""
    params = given(severity=severity, status=status, limit=limit, offset=offset)
    return ask_for(gateway, Alerts, "GET", ALERTS, params=params)


def acknowledge_alert(gateway: Gateway, alert_id: str, *, notes: str | None = None) -> Steps[Alert]:
    """Say that somebody looks after an alert; for admins, while it is not over. Raise PermissionDeniedError for others."""
    return ask_for(gateway, Alert, "POST", path_to(f"{ALERTS}/", alert_id, "acknowledge", then=""), body=given(notes=notes))


def resolve_alert(gateway: Gateway, alert_id: str, *, notes: str | None = None) -> Steps[Alert]:
    """Say that an alert is over; for admins. Raise PermissionDeniedError for others."""
    return ask_for(gateway, Alert, "POST", path_to(f"{ALERTS}/", alert_id, "resolve", then=""), body=given(notes=notes))
