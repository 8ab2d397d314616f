"""What Stripe keeps: customers, payment intents with their states, refunds. Cards are told by their ids, as in Stripe's own test mode."""

import itertools
import re
from dataclasses import dataclass, field
from typing import Any, Final

KNOWN: Final = {
    "customers": {"metadata[account_id]"},
    "create": {
        "amount",
        "currency",
        "customer",
        "payment_method",
        "allowed_payment_method_types[0]",
        "metadata[key]",
        "metadata[account_id]",
    },
    "confirm": {"error_on_requires_action", "off_session", "setup_future_usage"},
    "cancel": set[str](),
    "refunds": {"payment_intent", "amount", "metadata[key]"},
    "list": {"payment_intent", "limit", "starting_after"},
}
DECLINES: Final = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None, "Your card has expired."),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required", "Your card was declined."),
}


class RefusalError(Exception):
    """A request that is refused, as Stripe says it."""

    def __init__(self, status: int, kind: str, code: str | None, message: str, *, param: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        said = {"type": kind, "code": code, "message": message, "param": param} | more
        self.body = {name: value for name, value in said.items() if value is not None}


def invalid(code: str, message: str, *, param: str | None = None, status: int = 400) -> RefusalError:
    return RefusalError(status, "invalid_request_error", code, message, param=param)


@dataclass
class StripeObjects:
    """All there is."""

    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def carry_out(self, method: str, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Do what is asked. Raise RefusalError."""
        plain = {
            ("POST", "/v1/customers"): self._make_customer,
            ("POST", "/v1/payment_intents"): self._create,
            ("POST", "/v1/refunds"): self._refund,
            ("GET", "/v1/refunds"): self._list_refunds,
        }
        if (method, path) in plain:
            return plain[method, path](form)
        if found := re.fullmatch(r"/v1/payment_intents/(\w+)(?:/(confirm|cancel))?", path):
            intent = self._intent(found[1])
            match method, found[2]:
                case "GET", None:
                    return intent
                case "POST", "confirm":
                    return self._confirm(intent, form)
                case "POST", "cancel":
                    return self._cancel(intent, form)
        raise invalid("url_invalid", f"Unrecognized request URL ({method}: {path}).", status=404)

    def taken(self, account: str) -> list[dict[str, Any]]:
        """Return an account's intents whose money was taken."""
        return [each for each in self.intents.values() if each["metadata"].get("account_id") == account and each["status"] == "succeeded"]

    def _add(self, kept: dict[str, dict[str, Any]], prefix: str, kind: str, **values: Any) -> dict[str, Any]:
        made = {"id": f"{prefix}_{next(self.numbers)}", "object": kind} | values
        kept[made["id"]] = made
        return made

    def _make_customer(self, form: dict[str, str]) -> dict[str, Any]:
        return self._add(self.customers, "cus", "customer", metadata=_metadata(form, "customers"))

    def _intent(self, intent_id: str) -> dict[str, Any]:
        if intent_id not in self.intents:
            raise invalid("resource_missing", f"No such payment_intent: '{intent_id}'", param="intent", status=404)
        return self.intents[intent_id]

    def _create(self, form: dict[str, str]) -> dict[str, Any]:
        metadata = _metadata(form, "create")
        if int(form["amount"]) < 50:
            raise invalid("amount_too_small", "Amount must be at least $0.50 usd", param="amount")
        if form["customer"] not in self.customers:
            raise invalid("resource_missing", f"No such customer: '{form['customer']}'", param="customer")
        if form["payment_method"] == "pm_card_usedElsewhere":
            raise RefusalError(
                400, "invalid_request_error", None, "The provided PaymentMethod was previously used. It may not be used again."
            )
        if not form["payment_method"].startswith("pm_card_"):
            raise invalid("resource_missing", f"No such PaymentMethod: '{form['payment_method']}'", param="payment_method")
        values = {name: form[name] for name in ("currency", "customer", "payment_method")}
        return self._add(
            self.intents,
            "pi",
            "payment_intent",
            amount=int(form["amount"]),
            status="requires_confirmation",
            payment_method_types=["card"],
            last_payment_error=None,
            metadata=metadata,
            **values,
        )

    def _confirm(self, intent: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        _metadata(form, "confirm")
        if intent["status"] not in {"requires_confirmation", "requires_payment_method"}:
            raise invalid("payment_intent_unexpected_state", f"This PaymentIntent's status is {intent['status']}.")
        if intent["status"] == "requires_payment_method":
            raise invalid("payment_intent_unexpected_state", "You cannot confirm this PaymentIntent because it's missing a payment method.")
        if {"off_session", "setup_future_usage"} <= set(form):
            raise invalid("parameter_invalid", "You cannot set both.", param="off_session")
        if intent["payment_method"] == "pm_card_slow":
            return intent | {"status": "processing"}
        if declined := DECLINES.get(intent["payment_method"]):
            code, reason, message = declined
            error = {"type": "card_error", "code": code, "decline_code": reason, "message": message}
            intent |= {"status": "requires_payment_method", "last_payment_error": error, "payment_method": None}
            raise RefusalError(402, "card_error", code, message, decline_code=reason, payment_intent=dict(intent))
        intent |= {"status": "succeeded", "used": dict(form)}
        return intent

    def _cancel(self, intent: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        _metadata(form, "cancel")
        if intent["status"] in {"succeeded", "canceled"}:
            raise invalid("payment_intent_unexpected_state", f"You cannot cancel this PaymentIntent: it is {intent['status']}.")
        intent |= {"status": "canceled", "last_payment_error": None}
        return intent

    def _refund(self, form: dict[str, str]) -> dict[str, Any]:
        metadata, intent = _metadata(form, "refunds"), self._intent(form["payment_intent"])
        given = sum(each["amount"] for each in self.refunds.values() if each["payment_intent"] == intent["id"])
        if given >= intent["amount"]:
            raise invalid("charge_already_refunded", f"Charge {intent['id']} has already been refunded.")
        if given + int(form["amount"]) > intent["amount"]:
            raise invalid("amount_too_large", "Refund amount is greater than unrefunded amount on charge.", param="amount")
        values = {"amount": int(form["amount"]), "payment_intent": intent["id"], "status": "succeeded", "metadata": metadata}
        return self._add(self.refunds, "re", "refund", **values)

    def _list_refunds(self, form: dict[str, str]) -> dict[str, Any]:
        _metadata(form, "list")
        self._intent(form["payment_intent"])
        found = [each for each in self.refunds.values() if each["payment_intent"] == form["payment_intent"]]
        return {"object": "list", "data": found[::-1], "has_more": False, "url": "/v1/refunds"}


def _metadata(form: dict[str, str], what: str) -> dict[str, str]:
    """Return the metadata that was sent. Raise RefusalError for a parameter that is not known."""
    if unknown := sorted(set(form) - KNOWN[what]):
        raise invalid("parameter_unknown", f"Received unknown parameter: {unknown[0]}", param=unknown[0])
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
