"""What whoever sends a file says of it: read from texts, each field checked by name, everything that is wrong told at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeVar, get_args
from zoneinfo import available_timezones

import orjson

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import COLUMNS_MOST, DatasetKind, Timeframe
from libs.contracts.names import did_you_mean
from libs.contracts.problems import first_problems
from libs.market.calendar_names import check_calendar
from libs.market.catalogue import is_symbol
from libs.market.datasets.column_names import check_columns
from services.gateway.domain.problems import REQUIRED, Problems
from services.gateway.domain.visible_text import text_problem

T = TypeVar("T")
SHOWN: Final = 60
NAME_MOST: Final = 200
SOURCE_MOST: Final = 200
TIMEFRAMES: Final[Mapping[str, Timeframe]] = {word: word for word in get_args(Timeframe)}
KINDS: Final[Mapping[str, DatasetKind]] = {kind.value: kind for kind in DatasetKind}
TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}
SYMBOL_RULE: Final = "Must be 1 to 20 capital letters, digits and .^&_- such as ACME or BTC-USD."
COLUMNS_RULE: Final = 'Must be a JSON object of what the file calls a column, by what it is called here: {"close": "Last price"}.'
OF_CANDLES: Final = ("symbol", "timeframe", "calendar")
NEW_FIELDS: Final = ("name", "kind", "symbol", "timeframe", "tz", "calendar", "columns", "dry_run")
MORE_FIELDS: Final = ("tz", "columns", "revise")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataset:
    """What a file is said to be. What is None is told by the file."""

    name: str
    kind: DatasetKind
    symbol: str | None = None
    timeframe: Timeframe | None = None
    tz: str | None = None
    calendar: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreRows:
    """How rows that are appended are read; what is None is read as before. `revise`: rows that are there may have other values."""

    tz: str | None = None
    columns: Mapping[str, str] | None = None
    revise: bool = False


class _Reader:
    """Reads texts by name, and gathers what is wrong with them."""

    def __init__(self, fields: Mapping[str, str], *, known: Collection[str]) -> None:
        self._given = {name: text for name, text in fields.items() if text.strip()}
        self.problems: Problems = dict(first_problems([name for name in fields if name not in known], lambda name: _unknown(name, known)))

    def has(self, name: str) -> bool:
        """Tell whether something is given under a name."""
        return name in self._given

    def read(self, name: str, check: Callable[[str], T]) -> T | None:
        """Return what is given under a name, as `check` has it; None for nothing, and for what it raises InvalidError for."""
        if name not in self._given:
            return None
        try:
            return check(self._given[name].strip())
        except InvalidError as error:
            self.problems.setdefault(name, []).append(error.message)
            return None

    def word(self, name: str, known: Mapping[str, T]) -> T | None:
        """Return what one of some words stands for."""

        def check(text: str) -> T:
            if text not in known:
                message = f"'{text[:SHOWN]}' is not one of {', '.join(known)}.{did_you_mean(text, known)}"
                raise InvalidError(message)
            return known[text]

        return self.read(name, check)

    def refuse(self, name: str, problem: str) -> None:
        """Note what is wrong with a field."""
        self.problems.setdefault(name, []).append(problem)

    def end(self) -> None:
        """Raise InvalidError when something is wrong."""
        if self.problems:
            message = f"The file cannot be taken like this: see {', '.join(list(self.problems)[:5])}."
            raise InvalidError(message, details=self.problems)


def read_new(fields: Mapping[str, str], *, is_whole: bool = True) -> NewDataset:
    """Return what a file is said to be. Raise InvalidError that names each field that is wrong.

    Where it is not the whole of what will be said, nothing is missing.
    """
    reader = _Reader(fields, known=NEW_FIELDS)
    kind = reader.word("kind", KINDS) if reader.has("kind") else DatasetKind.CANDLES
    symbol, timeframe = reader.read("symbol", _symbol), reader.word("timeframe", TIMEFRAMES)
    if kind is DatasetKind.CANDLES:
        if is_whole and not reader.has("symbol"):
            reader.refuse("symbol", f"{REQUIRED}: candles are of something.")
    else:
        for each in OF_CANDLES:
            if reader.has(each) and kind is not None:
                reader.refuse(each, f"Candles alone have it; this is '{kind}'.")
        if is_whole and not reader.has("name"):
            reader.refuse("name", REQUIRED)
    name, tz, calendar = reader.read("name", check_name), reader.read("tz", _zone), reader.read("calendar", check_calendar)
    columns, is_dry_run = reader.read("columns", _columns_of(kind)), bool(reader.word("dry_run", TRUTHS))
    reader.end()
    assert kind is not None
    return NewDataset(
        name=name or symbol or "",
        kind=kind,
        symbol=symbol,
        timeframe=timeframe,
        tz=tz,
        calendar=calendar,
        columns=columns or {},
        is_dry_run=is_dry_run,
    )


def read_more(fields: Mapping[str, str], *, kind: DatasetKind) -> MoreRows:
    """Return how rows that are appended to a dataset of this kind are read. Raise InvalidError that names each field that is wrong."""
    reader = _Reader(fields, known=MORE_FIELDS)
    tz, columns, revise = reader.read("tz", _zone), reader.read("columns", _columns_of(kind)), reader.word("revise", TRUTHS)
    reader.end()
    return MoreRows(tz=tz, columns=columns, revise=bool(revise))


def check_name(text: str) -> str:
    """Return a name that people read. Raise InvalidError."""
    problem = text_problem(text) or (f"Must have at most {NAME_MOST} characters." if len(text) > NAME_MOST else None)
    if problem:
        raise InvalidError(problem, details={"name": [problem]})
    return text


def check_symbol_filter(text: str) -> str:
    """Return a symbol that a list is filtered by. Raise InvalidError."""
    try:
        return _symbol(text)
    except InvalidError as error:
        raise InvalidError(error.message, details={"symbol": [error.message]}) from error


def _symbol(text: str) -> str:
    if not is_symbol(text):
        upper = text.upper()
        hint = f" Did you mean '{upper}'?" if is_symbol(upper) else ""
        message = f"'{text[:SHOWN]}' cannot be a symbol. {SYMBOL_RULE}{hint}"
        raise InvalidError(message)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in _zones():
        message = f"'{text[:SHOWN]}' is no time zone: it is a name such as UTC or America/New_York.{did_you_mean(text, sorted(_zones()))}"
        raise InvalidError(message)
    return text


def _columns_of(kind: DatasetKind | None) -> Callable[[str], dict[str, str]]:
    """Return what reads which columns a file has; of a kind that is not known all names are good."""

    def read(text: str) -> dict[str, str]:
        columns = _columns(text)
        if kind is not None:
            check_columns(columns, kind=kind)
        return columns

    return read


def _columns(text: str) -> dict[str, str]:
    try:
        given: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidError(COLUMNS_RULE) from error
    if not isinstance(given, dict) or not all(isinstance(source, str) and 0 < len(source) <= SOURCE_MOST for source in given.values()):
        raise InvalidError(COLUMNS_RULE)
    if len(given) > COLUMNS_MOST:
        message = f"Must have at most {COLUMNS_MOST} columns."
        raise InvalidError(message)
    sources = list(given.values())
    if twice := next((source for source in sources if sources.count(source) > 1), None):
        message = f"'{twice[:SHOWN]}' is there twice: a column of the file has one name here."
        raise InvalidError(message)
    return given


def _unknown(name: str, known: Collection[str]) -> tuple[str, str]:
    return name[:SHOWN], f"There is no such field; there are {', '.join(known)}.{did_you_mean(name[:SHOWN], known)}"
