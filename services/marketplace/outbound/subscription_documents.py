"""Subscriptions and their payments as MongoDB's documents."""

from datetime import timedelta
from typing import Any, Final

from libs.chassis.stores.mongo import from_decimal128, to_decimal128
from libs.chassis.stores.versioned import fields_of
from libs.contracts.subscriptions import EndReason, Period, SubscriptionState
from services.marketplace.domain.billing import Bill, BillKind, BillState
from services.marketplace.domain.payments import Decline
from services.marketplace.domain.subscription import OPEN, Run, Subscription

MONEY: Final = ("price", "paid", "earned")
BILL_MONEY: Final = ("price", "credit", "fee")
OWN: Final = frozenset({"id", "version"})


def subscription_document(subscription: Subscription) -> dict[str, Any]:
    """Return the fields to write, without id and version; `open` and `usable_until` are there to be searched by."""
    fields = {name: getattr(subscription, name) for name in subscription.__slots__ if name not in OWN}
    run = subscription.run
    return fields | {
        "period": subscription.period.value,
        "state": subscription.state.value,
        "end_reason": subscription.end_reason.value if subscription.end_reason else None,
        "grace": subscription.grace.total_seconds(),
        "run": {"first": run.first, "months": run.months, "began": run.began} if run else None,
        "open": subscription.state in OPEN,
        "usable_until": subscription.usable_until if run else None,
        **{name: to_decimal128(getattr(subscription, name)) for name in MONEY},
    }


def subscription_of(document: dict[str, Any]) -> Subscription:
    """Return the subscription of a document."""
    known = {name: document[name] for name in Subscription.__slots__ if name in document}
    reason = document["end_reason"]
    return Subscription(
        **known
        | {
            "id": document["_id"],
            "period": Period(document["period"]),
            "state": SubscriptionState(document["state"]),
            "end_reason": EndReason(reason) if reason else None,
            "grace": timedelta(seconds=document["grace"]),
            "run": Run(**fields_of(Run, document["run"])) if document["run"] else None,
            **{name: from_decimal128(document[name]) for name in MONEY},
        }
    )


def bill_document(bill: Bill) -> dict[str, Any]:
    """Return a payment's document."""
    fields = {name: getattr(bill, name) for name in bill.__slots__ if name != "id"}
    return fields | {
        "_id": bill.id,
        "kind": bill.kind.value,
        "period": bill.period.value,
        "state": bill.state.value,
        "decline": {"code": bill.decline.code, "message": bill.decline.message} if bill.decline else None,
        **{name: to_decimal128(getattr(bill, name)) for name in BILL_MONEY},
    }


def bill_of(document: dict[str, Any]) -> Bill:
    """Return the payment of a document."""
    known = {name: document[name] for name in Bill.__slots__ if name in document}
    decline = document["decline"]
    return Bill(
        **known
        | {
            "id": document["_id"],
            "kind": BillKind(document["kind"]),
            "period": Period(document["period"]),
            "state": BillState(document["state"]),
            "decline": Decline(**fields_of(Decline, decline)) if decline else None,
            **{name: from_decimal128(document[name]) for name in BILL_MONEY},
        }
    )
