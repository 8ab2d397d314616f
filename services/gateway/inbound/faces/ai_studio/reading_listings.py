"""Reading what is asked of listings: an offer, a rejection, a search; every problem at once."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.listings import PRICE_LEAST, PRICE_MOST, Offer, PricingModel, SampleSignal
from libs.contracts.names import did_you_mean
from libs.market.catalogue import check_symbol
from services.gateway.domain.listing_ports import ListingFilter, ListingOrder
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.answers_listings import PublishIn, RejectIn, SampleSignalIn
from services.gateway.inbound.faces.ai_studio.reading import Problems, read_object, type_problems
from services.gateway.inbound.faces.ai_studio.translate_listings import ASSET_CLASSES, CATEGORIES
from services.gateway.inbound.http.dates import is_date

AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
ZERO: Final = re.compile(r"0+(\.0+)?", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,12})?", re.ASCII)
PRICE_RULE: Final = f"Must be an amount from '{PRICE_LEAST}' to '{PRICE_MOST}' in a string, with at most two decimals, such as '29.00'."
NO_FEE: Final = "Must be '0.00': a share of profits is not offered, as nobody here can measure a subscriber's."
WORDS_MOST: Final = 10
SEARCH_MOST: Final = 200
SHOWN: Final = 60


def read_offer(body: Any, *, today: date, synthetic_allowed: bool) -> Offer:
    """Return what a seller offers. Raise InvalidError with all problems."""
    given = read_object(body)
    problems = type_problems(PublishIn, given)
    if "sample_signals" not in problems:
        problems |= _misspelt(given.get("sample_signals", []))
    for name in ("title", "description", "terms_and_conditions"):
        if name in given and name not in problems and (text := text_problem(given[name], needed=name == "title", lines=name != "title")):
            problems[name] = [text]
    if "monthly_price" in given and (wrong := _price_problem(given["monthly_price"])):
        problems["monthly_price"] = [wrong]
    if isinstance(fee := given.get("performance_fee_rate"), str) and not ZERO.fullmatch(fee):
        problems["performance_fee_rate"] = [NO_FEE]
    if not any(field.startswith("sample_signals") for field in problems):
        problems |= _signal_problems(given.get("sample_signals", []), today=today, synthetic_allowed=synthetic_allowed)
    if problems:
        message = f"The model cannot be published like this: see {', '.join(list(problems)[:5])}."
        raise InvalidError(message, details=problems)
    return _offer(given)


def _offer(given: Mapping[str, Any]) -> Offer:
    return Offer(
        title=given["title"].strip(),
        description=given.get("description", "").strip(),
        category=CATEGORIES[given["category"]],
        asset_classes=tuple(dict.fromkeys(ASSET_CLASSES[word] for word in given["asset_classes"])),
        pricing_model=PricingModel[given.get("pricing_model", "FIXED")],
        monthly_price=Decimal(given["monthly_price"]).quantize(Decimal("0.01")),
        sample_signals=tuple(SampleSignal.model_validate(signal) for signal in given.get("sample_signals", [])),
        terms_and_conditions=given.get("terms_and_conditions", "").strip(),
    )


def read_rejection(body: Any) -> str:
    """Return why a listing is turned down. Raise InvalidError."""
    given = read_object(body)
    problems = type_problems(RejectIn, given)
    if "reason" not in problems and (text := text_problem(given["reason"], lines=True)):
        problems["reason"] = [text]
    if problems:
        message = f"The listing cannot be rejected like this: see {', '.join(list(problems)[:5])}."
        raise InvalidError(message, details=problems)
    return str(given["reason"]).strip()


def read_search(request: Request) -> tuple[ListingFilter, ListingOrder]:
    """Return which listings are asked for, apart from whose and in which state, and their order. Raise InvalidError with all problems."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    problems: Problems = {}
    category = _word(given, "category", known=CATEGORIES, problems=problems)
    order = _word(given, "ordering", known=[each.value for each in ListingOrder if each is not ListingOrder.FEATURED], problems=problems)
    classes = _classes(given.get("asset_classes", ""), problems=problems)
    sharpe, price = given.get("min_sharpe_ratio"), given.get("max_price")
    if sharpe is not None and not NUMBER.fullmatch(sharpe):
        problems["min_sharpe_ratio"] = ["Must be a number such as 0.5."]
    if price is not None and not AMOUNT.fullmatch(price):
        problems["max_price"] = ["Must be an amount with at most two decimals, such as 29.00."]
    search = given.get("search", "")
    words = tuple(dict.fromkeys(search.split()))
    if wrong := text_problem(search, needed=False):
        problems["search"] = [wrong]
    if len(search) > SEARCH_MOST or len(words) > WORDS_MOST:
        problems["search"] = [f"Must have at most {WORDS_MOST} words and {SEARCH_MOST} characters."]
    if problems:
        message = "The marketplace cannot be searched like this."
        raise InvalidError(message, details=problems)
    wanted = ListingFilter(
        category=CATEGORIES[category] if category else None,
        asset_classes=tuple(ASSET_CLASSES[word] for word in classes),
        min_sharpe_ratio=None if sharpe is None else float(sharpe),
        max_price=None if price is None else Decimal(price),
        words=words,
    )
    return wanted, ListingOrder(order) if order else ListingOrder.FEATURED


def _word(given: Mapping[str, str], name: str, *, known: Any, problems: Problems) -> str | None:
    word = given.get(name)
    if word is None or word in known:
        return word
    problems[name] = [f"'{word[:SHOWN]}' is not one of {', '.join(known)}.{did_you_mean(word, list(known))}"]
    return None


def _meant(word: str) -> str:
    """Return what asset class a word is probably meant for: symbols have CURRENCY where listings have FX."""
    return did_you_mean("FX" if word.upper().startswith("CURRENC") else word, ASSET_CLASSES)


def _classes(text: str, *, problems: Problems) -> list[str]:
    words = [word.strip() for word in text[:SEARCH_MOST].split(",") if word.strip()]
    unknown = [word for word in words if word not in ASSET_CLASSES]
    if unknown:
        known = ", ".join(ASSET_CLASSES)
        problems["asset_classes"] = [f"'{word[:SHOWN]}' is not one of {known}.{_meant(word)}" for word in unknown]
        return []
    return words


def _price_problem(price: Any) -> str | None:
    if isinstance(price, str) and AMOUNT.fullmatch(price) and PRICE_LEAST <= Decimal(price) <= PRICE_MOST:
        return None
    return PRICE_RULE


def _misspelt(signals: list[Any]) -> Problems:
    """Return what is wrong with the keys and types of signals, by field, with the nearest key."""
    found = {number: type_problems(SampleSignalIn, each) for number, each in enumerate(signals) if isinstance(each, dict)}
    return {f"sample_signals.{number}.{field}": texts for number, problems in found.items() for field, texts in problems.items()}


def _signal_problems(signals: list[Mapping[str, Any]], *, today: date, synthetic_allowed: bool) -> Problems:
    problems: Problems = {}
    for number, signal in enumerate(signals):
        try:
            check_symbol(signal["symbol"], synthetic_allowed=synthetic_allowed)
        except InvalidError as error:
            problems[f"sample_signals.{number}.symbol"] = [text for texts in error.details.values() for text in texts] or [error.message]
        day = signal["date"]
        if not is_date(day):
            problems[f"sample_signals.{number}.date"] = ["Must be a date such as 2012-12-31."]
        elif date.fromisoformat(day) > today:
            problems[f"sample_signals.{number}.date"] = [f"Must not be after today ({today})."]
    return problems
