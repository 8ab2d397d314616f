"""Reading what a webhook is to be from a request: every problem at once, by field."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from services.gateway.domain.webhook import WebhookChange
from services.gateway.domain.webhook_errors import TargetRefusedError
from services.gateway.domain.webhook_urls import read_url
from services.gateway.inbound.faces.ai_studio.answers_webhooks import WebhookIn, WebhookPatch
from services.gateway.inbound.faces.ai_studio.notices import ADMIN_EVENT_NAMES, EVENT_NAMES
from services.gateway.inbound.faces.ai_studio.reading import Problems, read_object, type_problems

SHOWN: Final = 60


def read_webhook(body: Any, *, development: bool, for_admins: bool) -> tuple[str, Sequence[str]]:
    """Return the URL and events of a new webhook. Raise InvalidError with all problems."""
    given = _checked(WebhookIn, body, development=development, for_admins=for_admins)
    return given["url"], given["events"]


def read_webhook_change(body: Any, *, development: bool, for_admins: bool) -> WebhookChange:
    """Return what of a webhook is to change. Raise InvalidError with all problems."""
    given = _checked(WebhookPatch, body, development=development, for_admins=for_admins)
    events = given.get("events")
    return WebhookChange(given.get("url"), tuple(events) if events else None, given.get("enabled"))


def _checked(schema: type[BaseModel], body: Any, *, development: bool, for_admins: bool) -> dict[str, Any]:
    given = read_object(body)
    problems = type_problems(schema, given)
    problems |= {name: ["Must not be null."] for name, value in given.items() if value is None and name in schema.model_fields}
    if given.get("url") is not None and "url" not in problems:
        problems |= _url_problems(given["url"], development=development)
    if given.get("events") is not None and not any(field.partition(".")[0] == "events" for field in problems):
        problems |= _event_problems(given["events"], known=ADMIN_EVENT_NAMES if for_admins else EVENT_NAMES)
    if problems:
        msg = f"The webhook cannot be like this: see {', '.join(list(problems)[:5])}."
        raise InvalidError(msg, details=problems)
    return given


def _url_problems(url: str, *, development: bool) -> Problems:
    try:
        read_url(url, development=development)
    except TargetRefusedError as error:
        return error.details
    return {}


def _event_problems(names: Sequence[str], *, known: Sequence[str]) -> Problems:
    listed = ", ".join(known)
    problems = [
        f"'{name[:SHOWN]}' is not one of {listed}.{did_you_mean(name, known)}" for name in dict.fromkeys(names) if name not in known
    ]
    problems += [f"'{name}' is there twice." for name in known if names.count(name) > 1]
    return {"events": problems[:10]} if problems else {}
