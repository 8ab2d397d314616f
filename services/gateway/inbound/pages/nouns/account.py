"""What is one's own: credits and limits, API keys, password, webhooks with their deliveries."""

from typing import Any, Final

from services.gateway.inbound.faces.ai_studio.notices import EVENT_NAMES
from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled

STUDIO: Final = "/api/ai-studio"
ACCOUNT: Final = "/app/account"
WEBHOOKS: Final = "/app/webhooks"
SIZE: Final = 20
SCOPES: Final = ("read", "write", "train", "predict", "export", "register")


def _several(form: Form, name: str) -> list[str]:
    return [each.strip() for each in form.get(name, "").replace("\n", ",").split(",") if each.strip()]


def _purchase(form: Form) -> dict[str, Any]:
    return filled(form, "payment_method", numbers=("hours",))


def _new_key(form: Form) -> dict[str, Any]:
    ends = {"expires_at": f"{form['expires_at']}T00:00:00Z"} if form.get("expires_at") else {}
    return {"name": form.get("name", ""), "scopes": _several(form, "scopes")} | ends


def _new_password(form: Form) -> dict[str, Any]:
    return filled(form, "current_password", "new_password") | {"revoke_api_keys": form.get("revoke_api_keys") == "yes"}


def _shape_account(facts: Facts) -> dict[str, Any]:
    days = facts["usage"]["daily_usage"] if facts["usage"] else None
    return {
        "hours": charts.beside([each["date"] for each in days], {"Hours": [each["hours"] for each in days]}) if days else None,
        "scopes": SCOPES,
    }


def _new_webhook(form: Form) -> dict[str, Any]:
    return {"url": form.get("url", ""), "events": _several(form, "events")}


PAGES: Final = (
    Page(
        path=ACCOUNT,
        template="account.html",
        title="Account",
        reads={
            "me": Read("/auth/me"),
            # Keys and the password are to be had while the ledger is away.
            "usage": Read(f"{STUDIO}/compute/usage/", needed=False),
            "limits": Read(f"{STUDIO}/compute/limits/", needed=False),
            "keys": Read("/auth/api-keys", needed=False),
            "earned": Read(f"{STUDIO}/analytics/leasing/", needed=False),
        },
        shape=_shape_account,
        actions={
            "buy": Action("POST", f"{STUDIO}/compute/purchase-credits/", _purchase, done="The hours are paid and can be used."),
            "key": Action("POST", "/auth/api-keys", _new_key, shows="key"),
            "revoke": Action("DELETE", "/auth/api-keys/{key_id}", done="The key has ended."),
            "password": Action("POST", "/auth/password", _new_password, done="The password is changed; every other log-in has ended."),
        },
    ),
    Page(
        path=WEBHOOKS,
        template="webhooks.html",
        title="Webhooks",
        crumbs=((ACCOUNT, "Account"),),
        reads={"webhooks": Read(f"{STUDIO}/webhooks/", query=("page",), fixed={"page_size": SIZE})},
        shape=lambda _: {"size": SIZE, "events": EVENT_NAMES},
        actions={"make": Action("POST", f"{STUDIO}/webhooks/", _new_webhook, shows="webhook")},
    ),
    Page(
        path=f"{WEBHOOKS}/{{webhook_id}}",
        template="webhook.html",
        title="Webhook",
        crumbs=((ACCOUNT, "Account"), (WEBHOOKS, "Webhooks")),
        reads={
            "webhook": Read(f"{STUDIO}/webhooks/{{webhook_id}}/"),
            "deliveries": Read(f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/", query=("page", "status"), fixed={"page_size": SIZE}),
        },
        shape=lambda _: {"size": SIZE},
        actions={
            "enable": Action("PATCH", f"{STUDIO}/webhooks/{{webhook_id}}/", lambda _: {"enabled": True}, done="It is enabled."),
            "disable": Action("PATCH", f"{STUDIO}/webhooks/{{webhook_id}}/", lambda _: {"enabled": False}, done="It is disabled."),
            "test": Action("POST", f"{STUDIO}/webhooks/{{webhook_id}}/test/", done="A test is on its way."),
            "replay": Action("POST", f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/replay/", done="It is sent again."),
            "delete": Action("DELETE", f"{STUDIO}/webhooks/{{webhook_id}}/", goes=lambda *_: WEBHOOKS, done="The webhook is deleted."),
        },
    ),
    Page(
        path=f"{WEBHOOKS}/{{webhook_id}}/deliveries/{{delivery_id}}",
        template="delivery.html",
        title=lambda facts: f"Delivery of {facts['delivery']['event']}",
        crumbs=((ACCOUNT, "Account"), (WEBHOOKS, "Webhooks")),
        reads={"delivery": Read(f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/")},
        actions={
            "replay": Action("POST", f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/replay/", done="It is sent again.")
        },
    ),
)
