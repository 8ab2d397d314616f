"""Reading what is wanted of subscriptions from a request: every problem at once, by field."""

from typing import Any

from pydantic import BaseModel

from libs.chassis.errors import InvalidError
from libs.contracts.subscriptions import ChangeSubscription
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.answers_subscriptions import RateIn, RefundIn, SubscribeIn, SubscriptionPatch
from services.gateway.inbound.faces.ai_studio.reading import Problems, read_object, type_problems
from services.gateway.inbound.faces.ai_studio.translate_subscriptions import PERIODS
from services.gateway.usecases.subscribe import Wish


def read_wish(body: Any) -> Wish:
    """Return what somebody wants to subscribe to. Raise InvalidError with all problems."""
    given = _checked(SubscribeIn, body, what="You cannot subscribe like this")
    return Wish(
        period=PERIODS[given["subscription_type"]],
        auto_renew=given.get("auto_renew", True),
        payment_method=given.get("payment_method", "credit_card"),
        version=given.get("version"),
    )


def read_subscription_change(body: Any, *, subscription_id: str, account_id: str) -> ChangeSubscription:
    """Return what is to change. Raise InvalidError with all problems."""
    what = "The subscription cannot be changed like this"
    given = _checked(SubscriptionPatch, body, what=what)
    if nulls := [name for name in ("auto_renew", "payment_method") if name in given and given[name] is None]:
        raise _invalid(what, {name: ["Must not be null."] for name in nulls})
    version = given.get("version")
    return ChangeSubscription(
        subscription_id=subscription_id,
        account_id=account_id,
        auto_renew=given.get("auto_renew"),
        version=version,
        newest="version" in given and version is None,
        card_on_file="payment_method" in given,
    )


def read_rating(body: Any) -> tuple[int, str]:
    """Return stars and comment. Raise InvalidError with all problems."""
    what = "The model cannot be rated like this"
    given = _checked(RateIn, body, what=what)
    comment = given.get("comment", "")
    if problem := text_problem(comment, needed=False, lines=True):
        raise _invalid(what, {"comment": [problem]})
    return given["rating"], comment.strip()


def read_refund(body: Any) -> str:
    """Return why a payment is given back. Raise InvalidError with all problems."""
    what = "The payment cannot be given back like this"
    reason = str(_checked(RefundIn, body, what=what)["reason"]).strip()
    if problem := text_problem(reason, lines=True):
        raise _invalid(what, {"reason": [problem]})
    return reason


def _checked(schema: type[BaseModel], body: Any, *, what: str) -> dict[str, Any]:
    given = read_object(body)
    if problems := type_problems(schema, given):
        raise _invalid(what, problems)
    return given


def _invalid(what: str, problems: Problems) -> InvalidError:
    return InvalidError(f"{what}: see {', '.join(list(problems)[:5])}.", details=problems)
