"""Reading which days of which symbols are to be predicted or explained: every problem at once, by field."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.datastructures import QueryParams

from libs.chassis.errors import InvalidError
from services.gateway.domain.ranges import Range
from services.gateway.inbound.faces.ai_studio.reading import Problems
from services.gateway.inbound.faces.ai_studio.reading_symbols import near_misses, symbol_problems
from services.gateway.inbound.faces.ai_studio.wire import BatchIn
from services.gateway.inbound.http.dates import is_date
from services.gateway.inbound.http.problem_words import REQUIRED

QUERY: Final = ("symbols", "start_date", "end_date")
DATES: Final = ("start_date", "end_date")
SWITCHES: Final = ("include_confidence", "include_shap")


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch prediction's request asks for."""

    range: Range
    confidence: bool
    shap: bool


def read_explain(query: QueryParams) -> Range:
    """Return the range that a query asks for. Raise InvalidError with all problems."""
    given: dict[str, Any] = {name: query[name] for name in DATES if query.get(name)}
    symbols = [symbol.strip() for part in query.getlist("symbols") for symbol in part.split(",")] if "symbols" in query else None
    if symbols == [""]:
        symbols = None
    problems = _date_problems(given) | near_misses(query, known=QUERY)
    problems |= symbol_problems(symbols) if symbols is not None else {}
    _check(problems, "The explanation cannot be made: see the details.")
    return _range(symbols, given)


def read_batch(body: Any) -> Batch:
    """Return what a body asks for. Raise InvalidError with all problems."""
    if not isinstance(body, dict):
        msg = "The request's body must be a JSON object."
        raise InvalidError(msg, details={"body": ["Must be a JSON object."]})
    problems = _date_problems(body) | near_misses(body, known=BatchIn.model_fields)
    problems |= {"symbols": [REQUIRED]} if body.get("symbols") is None else symbol_problems(body["symbols"])
    problems |= {name: ["Must be true or false."] for name in SWITCHES if name in body and not isinstance(body[name], bool)}
    _check(problems, "The prediction cannot be made: see the details.")
    return Batch(_range(body["symbols"], body), body.get("include_confidence", True), body.get("include_shap", False))


def _range(symbols: list[str] | None, given: dict[str, Any]) -> Range:
    start, end = (date.fromisoformat(given[name]) if given.get(name) else None for name in DATES)
    return Range(tuple(symbols) if symbols is not None else None, start, end)


def _date_problems(given: dict[str, Any]) -> Problems:
    problems = {name: ["Must be a date such as 2012-12-31."] for name in DATES if given.get(name) is not None and not is_date(given[name])}
    start, end = given.get("start_date"), given.get("end_date")
    if not problems and start and end and start > end:  # as text they sort as dates do
        problems["end_date"] = [f"Must not be before start_date, which is {start}."]
    return problems


def _check(problems: Problems, message: str) -> None:
    if problems:
        raise InvalidError(message, details=problems)
